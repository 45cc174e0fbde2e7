package espalier.tensor.conformance;

import static org.junit.jupiter.api.Assumptions.abort;

import espalier.tensor.Device;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What every back end must do. Extend it with a device and all its operations are tested: for lengths beside the
 * multiples of a vector, for inputs that are transposed, stepped, flipped or broadcast, for NaN, infinities and zeros
 * of both signs, against plain loops in double precision that share no code with any back end.
 *
 * <pre>{@code
 * class ScalarConformanceTest extends BackendConformance {
 *     protected Device device() {
 *         return Device.reference();
 *     }
 * }
 * }</pre>
 *
 * <p>A second subclass for the same back end may override a family without {@code @TestFactory} to leave it out. A new
 * operation is a row in one of the {@code Cases}; {@link CoverageTest} fails until it has one.
 */
public abstract class BackendConformance {
    /** For subclasses. */
    protected BackendConformance() {}

    /** The device to test; asked for once a family. Return {@link #skip} if there is none here. */
    protected abstract Device device();

    /** What the device promises. */
    protected Limits limits() {
        return new Limits();
    }

    /** Ends a test as skipped, with a reason: for {@link #device} when there is no such device here. */
    protected static Device skip(String reason) {
        return abort(reason);
    }

    @TestFactory
    protected Stream<DynamicTest> movement() {
        return MovementCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> elementwise() {
        return ElementwiseCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> integers() {
        return IntegerCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> reductions() {
        return ReductionCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> indexing() {
        return IndexingCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> products() {
        return ProductCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> convolution() {
        return ConvolutionCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> pooling() {
        return PoolingCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> normalization() {
        return NormalizationCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> convBatchNorm() {
        return ConvBatchNormCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> convMaxPool() {
        return ConvMaxPoolCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> packed() {
        return PackedCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> blocked() {
        return BlockedCases.of(device()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> softmax() {
        return SoftmaxCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> updates() {
        return UpdateCases.of(device(), limits()).map(Case::test);
    }

    @TestFactory
    protected Stream<DynamicTest> prepared() {
        return PreparedCases.of(device()).map(Case::test);
    }

    /** All rows of all families. */
    static Stream<Case> all(Device device, Limits limits) {
        return Stream.of(
                        MovementCases.of(device, limits),
                        ElementwiseCases.of(device, limits),
                        IntegerCases.of(device, limits),
                        ReductionCases.of(device, limits),
                        IndexingCases.of(device, limits),
                        ProductCases.of(device, limits),
                        ConvolutionCases.of(device, limits),
                        PackedCases.of(device, limits),
                        PoolingCases.of(device, limits),
                        BlockedCases.of(device),
                        NormalizationCases.of(device, limits),
                        ConvBatchNormCases.of(device, limits),
                        ConvMaxPoolCases.of(device, limits),
                        SoftmaxCases.of(device, limits),
                        UpdateCases.of(device, limits),
                        PreparedCases.of(device))
                .flatMap(rows -> rows);
    }
}
