package espalier.sparsity.surgery;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Channels by number, and which of them are one: a filter, its batch norm's scale and the next layer's input slice
 * share a channel, and leave the network together. Joined in sets that know their first member (Tarjan 1975).
 */
final class Channels {
    private final List<Integer> leaders = new ArrayList<>();
    private final Map<Integer, String> pins = new LinkedHashMap<>();

    /** New channels, joined with none. */
    int[] fresh(int count) {
        int[] made = new int[count];
        for (int i = 0; i < count; i++) {
            made[i] = leaders.size();
            leaders.add(made[i]);
        }
        return made;
    }

    /** The channel that stands for all that were joined with this one. */
    int leader(int channel) {
        int at = channel;
        while (leaders.get(at) != at) {
            leaders.set(at, leaders.get(leaders.get(at)));
            at = leaders.get(at);
        }
        return at;
    }

    /** Makes two channels one. */
    void join(int a, int b) {
        int first = Math.min(leader(a), leader(b));
        int second = Math.max(leader(a), leader(b));
        leaders.set(second, first);
    }

    /** Makes two axes of channels one, index by index. */
    void join(int[] a, int[] b) {
        for (int i = 0; i < a.length; i++) {
            join(a[i], b[i]);
        }
    }

    /** Says why channels can never be cut. The first reason counts. */
    void pin(int[] channels, String why) {
        for (int channel : channels) {
            pins.putIfAbsent(channel, why);
        }
    }

    /** Why a channel can never be cut, if so; by leader, when all has been joined. */
    Map<Integer, String> pinned() {
        Map<Integer, String> byLeader = new LinkedHashMap<>();
        pins.forEach((channel, why) -> byLeader.putIfAbsent(leader(channel), why));
        return byLeader;
    }

    /** Channels as their leaders. */
    int[] resolved(int[] channels) {
        int[] leading = new int[channels.length];
        for (int i = 0; i < channels.length; i++) {
            leading[i] = leader(channels[i]);
        }
        return leading;
    }
}
