/**
 * Tensors in files: {@link espalier.tensor.io.SafeTensors}, and NumPy's {@link espalier.tensor.io.Npy} and
 * {@link espalier.tensor.io.Npz}.
 *
 * <p>Files are taken for hostile. Nothing in them is ever run or used as a path, no more memory is taken than a file
 * can fill, and every refusal is a {@link espalier.tensor.io.TensorFormatException} with the file, the byte and the
 * reason. Files are written beside their place and renamed, so a failed write leaves the old file as it was.
 *
 * <p>Read {@link espalier.tensor.io.SafeTensors} first.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.io;
