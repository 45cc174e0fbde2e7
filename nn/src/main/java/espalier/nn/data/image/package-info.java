/**
 * Data sets of image files. This package alone uses {@code java.desktop} (ImageIO), which is optional: an application
 * that reads no PNG or JPEG does not load it.
 */
@org.jspecify.annotations.NullMarked
package espalier.nn.data.image;
