package espalier.autograd.graph;

/**
 * The colours of a box, readable on each other at any size and apart for the colour-blind.
 *
 * @param fill of the box
 * @param line around it
 * @param text in it
 */
record Palette(String fill, String line, String text) {
    static Palette of(Picture.Kind kind) {
        return switch (kind) {
            case RESULT -> new Palette("#fde8c8", "#c77700", "#5c3700");
            case OPERATION -> new Palette("#eef3fb", "#6f8fc0", "#1d3557");
            case PARAMETER -> new Palette("#e3f4ea", "#4c9f70", "#17452b");
            case CONSTANT -> new Palette("#f1f1f1", "#a0a0a0", "#3d3d3d");
        };
    }
}
