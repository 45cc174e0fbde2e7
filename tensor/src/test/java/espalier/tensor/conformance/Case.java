package espalier.tensor.conformance;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.function.Executable;

/**
 * One row of the suite.
 *
 * @param name the operation and type it tests
 * @param body throws an {@link AssertionError} if the back end is wrong
 */
record Case(String name, Executable body) {
    DynamicTest test() {
        return DynamicTest.dynamicTest(name, body);
    }
}
