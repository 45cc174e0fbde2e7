package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Module;
import espalier.tensor.PadMode;
import java.util.OptionalInt;

/**
 * The parameter-free shortcut of He et al. 2016 (option A): every second pixel, and channels of zeros added, half of
 * them before and half after. {@code [N, C, H, W] → [N, out, ⌈H/2⌉, ⌈W/2⌉]}.
 */
public final class ShortcutA extends Module {
    private int out;
    private OptionalInt before = OptionalInt.empty();

    /** To this many channels. */
    public ShortcutA(int out) {
        this.out = out;
    }

    /** Channels of the output. */
    public int out() {
        return out;
    }

    /** Pads to another number of channels, so many of them before the input's, as surgery does. */
    public void resize(int channels, int zerosBefore) {
        out = channels;
        before = OptionalInt.of(zerosBefore);
    }

    @Override
    protected Variable forward(Variable x) {
        int height = x.shape().dim(2);
        int width = x.shape().dim(3);
        int added = out - x.shape().dim(1);
        Variable half = x.slice(2, 0, height, 2).slice(3, 0, width, 2);
        int first = before.orElse(added / 2);
        return half.pad(PadMode.ZERO, 1, first, added - first);
    }
}
