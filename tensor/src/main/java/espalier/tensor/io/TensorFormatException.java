package espalier.tensor.io;

import java.io.IOException;

/**
 * A file that breaks the rules of its format: which file, which byte, which rule, in one sentence such as
 * {@code model.safetensors: byte 61: shape [2, 3] of F32 needs 24 bytes, but data_offsets give 20}.
 *
 * <p>An {@link IOException}, since whoever reads a file must be ready for that one anyway.
 */
public final class TensorFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String source;
    private final long offset;
    private final String reason;

    /**
     * A refusal.
     *
     * @param source the file; for a member of an archive {@code archive!member}
     * @param offset the byte of the source, from 0, at which reading stopped making sense
     * @param reason the broken rule and the values that break it
     */
    public TensorFormatException(String source, long offset, String reason) {
        super(source + ": byte " + offset + ": " + reason);
        this.source = source;
        this.offset = offset;
        this.reason = reason;
    }

    /** The file, or {@code archive!member}. */
    public String source() {
        return source;
    }

    /** The byte, counted from 0 in the source; at most its length. */
    public long offset() {
        return offset;
    }

    /** The broken rule, without file and byte. */
    public String reason() {
        return reason;
    }
}
