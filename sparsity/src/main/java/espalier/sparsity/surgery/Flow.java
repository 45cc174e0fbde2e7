package espalier.sparsity.surgery;

import espalier.sparsity.graph.Operand;
import espalier.sparsity.graph.Operation;

/**
 * Channels that pass through an operation each for itself: channel i of the result is made from channel
 * {@code source[i]} of the operand, or not from it if that is −1.
 *
 * @param operation what they pass through
 * @param from where they come from
 * @param source for each channel of the result the operand's, or −1
 */
record Flow(Operation operation, Operand from, int[] source) {}
