package espalier.gpu.opencl;

/**
 * How many work-items a launch has, and in what groups, along one to three axes. The group size is always given: a
 * driver that chooses one compiles again for every new size.
 *
 * @param global work-items along each axis, multiples of those of a group
 * @param local work-items of a group along each axis
 */
public record Geometry(long[] global, long[] local) {
    /** At least {@code items} along one axis, in groups; the kernel leaves out those beyond. */
    public static Geometry line(long items, int group) {
        return new Geometry(new long[] {Math.ceilDiv(items, (long) group) * group}, new long[] {group});
    }

    /** {@code groups} groups along one axis. */
    public static Geometry groups(long groups, int group) {
        return new Geometry(new long[] {groups * group}, new long[] {group});
    }

    /** Groups of {@code group} items along the first of three axes, and groups of one along the others. */
    public static Geometry groups(long first, long second, long third, int group) {
        return new Geometry(new long[] {first * group, second, third}, new long[] {group, 1, 1});
    }

    /** Whether there is nothing to do; OpenCL 1.2 does not allow such a launch. */
    boolean isEmpty() {
        for (long size : global) {
            if (size == 0) {
                return true;
            }
        }
        return false;
    }
}
