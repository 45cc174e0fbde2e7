/**
 * Operator cases that PyTorch exported as ONNX files: models of one or a few operations with inputs and the outputs
 * PyTorch computed. {@link espalier.tensor.onnx.PyTorchCasesTest} runs all that the operations here can express.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.onnx;
