package espalier.nn.model;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.FastGrnn;
import espalier.nn.layer.Gru;
import espalier.nn.layer.Linear;
import espalier.nn.layer.LogMel;

/**
 * Tells short words apart: sound {@code [N, 1, T]} of 8,000 samples a second becomes a log-mel spectrogram of 32 bands,
 * a frame of 32 ms every 16 ms; each band is normalized, a recurrent cell of 64 units reads frame after frame, and its
 * last state is classified.
 */
public final class KeywordSpotter extends Module {
    /** Samples a second of the sound it takes. */
    public static final int RATE = 8000;

    private static final int WINDOW = 256;
    private static final int HOP = 128;
    private static final int BANDS = 32;
    private static final int HIDDEN = 64;

    private final LogMel mel;
    private final BatchNorm norm;
    private final Module cell;
    private final Linear classifier;

    private KeywordSpotter(Init init, Module cell, int classes) {
        mel = child("mel", new LogMel(init.device(), RATE, WINDOW, HOP, BANDS));
        norm = child("norm", new BatchNorm(init.in("norm"), BANDS));
        this.cell = child("cell", cell);
        classifier = child("classifier", new Linear(init.in("classifier"), HIDDEN, classes));
    }

    /** With FastGRNN (Kusupati et al. 2018). */
    public static KeywordSpotter fastGrnn(Init init, int classes) {
        return new KeywordSpotter(init, new FastGrnn(init.in("cell"), BANDS, HIDDEN), classes);
    }

    /** With a gated recurrent unit (Cho et al. 2014). */
    public static KeywordSpotter gru(Init init, int classes) {
        return new KeywordSpotter(init, new Gru(init.in("cell"), BANDS, HIDDEN), classes);
    }

    @Override
    protected Variable forward(Variable sound) {
        Variable bands = norm.apply(mel.apply(sound)); // [N, 32, L]
        return classifier.apply(cell.apply(bands.transpose(1, 2))); // [N, L, 32] → [N, 64] → [N, classes]
    }
}
