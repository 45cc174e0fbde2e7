/**
 * What a network costs: bytes by every way to write its weights down, and multiply-adds. Read
 * {@link espalier.sparsity.ledger.Ledger} first, then {@link espalier.sparsity.ledger.Scheme}.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.ledger;
