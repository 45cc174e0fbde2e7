package espalier.autograd.graph;

import espalier.autograd.graph.Picture.Box;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The graph as text, from the result back to the leaves. A line is an operation and, behind the arrow, the leaves it
 * read; the line below it is the operation it was made from. Only where there are several of those does the tree
 * branch. What is used more than once gets a number where it first stands, and is only named afterwards.
 */
final class Listing {
    private static final int NONE = 0;

    /** Something still to print: a box, and what stands before its first line and before those below. */
    private record Open(int box, String first, String below) {}

    private final Picture picture;
    private final int[] uses;
    private final int[] numbers;
    private final StringBuilder text = new StringBuilder();
    private int numbered;

    private Listing(Picture picture) {
        this.picture = picture;
        this.uses = picture.uses();
        this.numbers = new int[picture.boxes().size()];
    }

    static String of(Picture picture) {
        Listing listing = new Listing(picture);
        Deque<Open> open = new ArrayDeque<>(List.of(new Open(0, "", "")));
        while (!open.isEmpty()) {
            listing.print(open.pop(), open);
        }
        return listing.text.toString();
    }

    private void print(Open next, Deque<Open> open) {
        text.append(next.first);
        if (numbers[next.box] != NONE) {
            text.append("→ #").append(numbers[next.box]).append('\n');
            return;
        }
        text.append(introduce(next.box));
        List<Integer> inputs = picture.inputs().get(next.box);
        String leaves = inputs.stream()
                .filter(this::isLeaf)
                .map(leaf -> numbers[leaf] != NONE ? "#" + numbers[leaf] : introduce(leaf))
                .collect(Collectors.joining(", "));
        text.append(leaves.isEmpty() ? "" : "  ← " + leaves).append('\n');
        List<Integer> branches = inputs.stream().filter(input -> !isLeaf(input)).toList();
        if (branches.size() == 1) {
            open.push(new Open(branches.getFirst(), next.below, next.below));
            return;
        }
        for (int i = branches.size() - 1; i >= 0; i--) { // pushed from the last, so that the first is popped first
            boolean last = i == branches.size() - 1;
            String first = next.below + (last ? "└─ " : "├─ ");
            String below = next.below + (last ? "   " : "│  ");
            open.push(new Open(branches.get(i), first, below));
        }
    }

    private boolean isLeaf(int box) {
        return picture.boxes().get(box).kind().isLeaf();
    }

    /** A box where it first stands, with a number if it will be named again. */
    private String introduce(int box) {
        if (uses[box] > 1) {
            numbers[box] = ++numbered;
        }
        String number = numbers[box] == NONE ? "" : "#" + numbers[box] + " ";
        return number + describe(picture.boxes().get(box));
    }

    private static String describe(Box box) {
        String numbers = box.numbers().isEmpty() ? "" : " (" + String.join("; ", box.numbers()) + ")";
        return box.title() + " " + box.shape() + (box.place().isEmpty() ? "" : " in " + box.place()) + numbers;
    }
}
