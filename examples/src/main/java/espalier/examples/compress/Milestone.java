package espalier.examples.compress;

/**
 * Where a network stands after a stage.
 *
 * @param stage its name
 * @param accuracy part of the test images it gets right
 * @param weights how many weights it has
 * @param nonZeros how many of them are not zero
 * @param seconds how long the stage took
 */
public record Milestone(String stage, double accuracy, long weights, long nonZeros, double seconds) {
    /** How a table calls the network: a first stage may have pruned it already. */
    String title() {
        return nonZeros == weights ? "dense" : "after " + stage;
    }
}
