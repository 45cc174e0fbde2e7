/** What a run leaves behind: figures, curves and pictures. Read {@link espalier.examples.report.RunFolder}. */
@org.jspecify.annotations.NullMarked
package espalier.examples.report;
