package espalier.gpu.opencl;

import java.util.ArrayList;
import java.util.List;

/**
 * How many work-items a launch has, and in what groups, along one to three axes. The group size is always given: a
 * driver that chooses one compiles again for every new size.
 *
 * @param start the first work-item along each axis
 * @param global work-items along each axis, multiples of those of a group
 * @param local work-items of a group along each axis
 */
public record Geometry(long[] start, long[] global, long[] local) {
    /** Groups that hardware takes along the second and the third axis; along the first it takes two billion. */
    private static final long MOST_GROUPS = 65_535;

    private Geometry(long[] global, long[] local) {
        this(new long[global.length], global, local);
    }

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

    /**
     * This, in launches that hardware takes, mostly one. Kernels that use the second or the third axis must ask for
     * global ids there, since only those count the items of all parts.
     */
    List<Geometry> parts() {
        List<Geometry> parts = List.of(this);
        for (int axis = 1; axis < global.length; axis++) {
            List<Geometry> finer = new ArrayList<>();
            for (Geometry part : parts) {
                part.cut(axis, finer);
            }
            parts = finer;
        }
        return parts;
    }

    private void cut(int axis, List<Geometry> to) {
        long most = MOST_GROUPS * local[axis];
        for (long first = 0; first < global[axis]; first += most) {
            long[] from = start.clone();
            long[] size = global.clone();
            from[axis] += first;
            size[axis] = Math.min(most, global[axis] - first);
            to.add(new Geometry(from, size, local));
        }
    }
}
