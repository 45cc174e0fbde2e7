package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.cpu.HeapStorage;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import espalier.tensor.spi.Storage;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TensorScopeTest {
    @AfterEach
    void noScopeIsLeftOpen() {
        assertEquals(Optional.empty(), TensorScope.current());
    }

    @Test
    void whatIsMadeInsideIsReleasedAtTheEnd() {
        Tensor outside = Tensor.ones(2, 3);
        Tensor inside;
        Tensor view;
        try (TensorScope scope = TensorScope.open()) {
            assertSame(scope, TensorScope.current().orElseThrow());
            inside = outside.add(1);
            view = inside.t();
            outside.addInPlace(inside);
            assertFalse(inside.storage().isReleased());
        }
        assertArrayEquals(new float[] {3, 3, 3, 3, 3, 3}, outside.toFloats());
        assertEquals(
                "tensor F32 [2, 3] made by add was released when its TensorScope closed; move it out with"
                        + " scope.keep(tensor)",
                assertThrows(IllegalStateException.class, inside::storage).getMessage());
        assertTrue(assertThrows(IllegalStateException.class, view::toFloats)
                .getMessage()
                .startsWith("tensor F32 [3, 2] made by add was released"));
        assertEquals("F32 [2, 3] on " + outside.device() + " (released)", inside.toString());
    }

    /** No operation may read memory that another tensor has by now. */
    @Test
    void everyUseOfAReleasedTensorIsRefused() {
        Tensor gone;
        Tensor images;
        Tensor labels;
        try (TensorScope _ = TensorScope.open()) {
            gone = Tensor.ones(4, 4);
            images = Tensor.ones(1, 4, 4, 4);
            labels = Tensor.of(new int[] {0, 1, 2, 3});
        }
        Tensor fine = Tensor.ones(4, 4);
        Tensor places = Tensor.of(new int[] {0, 1, 2, 3});
        ConvSpec conv = ConvSpec.of();
        PoolSpec pool = PoolSpec.of(2, 2);
        Tensor weight = Tensor.ones(4, 4, 1, 1);
        List<Runnable> uses = List.of(
                gone::neg,
                () -> fine.add(gone),
                () -> gone.mul(fine),
                () -> gone.mul(2),
                () -> gone.addInPlace(fine),
                () -> fine.addInPlace(gone),
                () -> gone.mulInPlace(2),
                () -> gone.gt(0).where(fine, fine),
                () -> fine.gt(0).where(gone, fine),
                () -> fine.gt(0).where(fine, gone),
                gone::sum,
                () -> gone.argmax(0),
                () -> gone.cumsum(1),
                () -> gone.var(0, false),
                () -> fine.matmul(gone),
                () -> gone.matmul(fine),
                () -> gone.reshape(16),
                gone::t,
                () -> gone.narrow(0, 0, 1),
                gone::copy,
                () -> gone.to(DType.F64),
                gone::toFloats,
                gone::toDoubles,
                gone::toBytes,
                () -> gone.get(0, 0),
                () -> gone.fillInPlace(0),
                () -> gone.copyInPlace(fine),
                () -> fine.copyInPlace(gone),
                () -> gone.sort(0, true),
                () -> gone.indexSelect(0, places),
                () -> fine.indexSelect(0, labels),
                () -> Shaping.concat(0, List.of(fine, gone)),
                () -> gone.pad(PadMode.ZERO, 0, 1, 1),
                () -> Convolution.conv2d(conv, images, weight),
                () -> Convolution.conv2d(conv, Tensor.ones(1, 4, 4, 4), images),
                () -> Convolution.inputGradient(conv, images, weight, Shape.of(1, 4, 4, 4)),
                () -> Convolution.weightGradient(conv, images, images, Shape.of(4, 4, 1, 1)),
                () -> Pooling.max(pool, images),
                () -> Pooling.average(pool, images),
                () -> Normalization.batchNorm(images, fine.select(0, 0), fine.select(0, 1), 1e-5),
                () -> Normalization.standardize(gone, 1e-5),
                () -> Softmax.softmax(gone),
                () -> Softmax.crossEntropy(fine, labels, 0),
                () -> Softmax.crossEntropy(gone, places, 0));
        for (int i = 0; i < uses.size(); i++) {
            int use = i;
            IllegalStateException thrown = assertThrows(
                    IllegalStateException.class, () -> uses.get(use).run(), () -> "use number " + use);
            assertTrue(thrown.getMessage().contains("was released when its TensorScope closed"), thrown::getMessage);
        }
    }

    @Test
    void keepMovesOutward() {
        Tensor toOuter;
        Tensor toCollector;
        try (TensorScope outer = TensorScope.open()) {
            try (TensorScope inner = TensorScope.open()) {
                toOuter = inner.keep(Tensor.full(1, 3));
                toCollector = Tensor.full(2, 3);
                assertSame(toCollector, inner.keep(toCollector));
                Tensor view = inner.keep(toCollector.narrow(0, 1, 1)); // a view keeps the memory it sees
                assertEquals(2.0, view.item());
            }
            assertArrayEquals(new float[] {1, 1, 1}, toOuter.toFloats());
            outer.keep(toCollector);
        }
        assertThrows(IllegalStateException.class, toOuter::toFloats);
        assertArrayEquals(new float[] {2, 2, 2}, toCollector.toFloats());
    }

    @Test
    void keepOfWhatBelongsElsewhereDoesNothing() {
        Tensor free = Tensor.ones(2);
        Tensor ofOuter;
        try (TensorScope _ = TensorScope.open()) {
            ofOuter = Tensor.ones(2);
            try (TensorScope inner = TensorScope.open()) {
                assertSame(free, inner.keep(free));
                assertSame(ofOuter, inner.keep(ofOuter));
            }
            assertEquals(2.0, ofOuter.sum().item());
        }
        assertEquals(2.0, free.sum().item());
        assertThrows(IllegalStateException.class, ofOuter::sum, "it still went with the outer scope");
    }

    @Test
    void keepOfAReleasedTensorIsRefused() {
        Tensor gone;
        try (TensorScope _ = TensorScope.open()) {
            gone = Tensor.ones(2);
        }
        try (TensorScope scope = TensorScope.open()) {
            assertThrows(IllegalStateException.class, () -> scope.keep(gone));
        }
    }

    @Test
    void scopesCloseInReverseOrderOnTheirThread() throws InterruptedException {
        TensorScope outer = TensorScope.open();
        TensorScope inner = TensorScope.open();
        String message = "TensorScope: closed out of order or by another thread; close the scope opened last first";
        assertEquals(
                message, assertThrows(IllegalStateException.class, outer::close).getMessage());
        AtomicReference<Throwable> elsewhere = new AtomicReference<>();
        Thread thread = new Thread(() -> {
            try {
                inner.close();
            } catch (IllegalStateException thrown) {
                elsewhere.set(thrown);
            }
        });
        thread.start();
        thread.join();
        assertEquals(message, elsewhere.get().getMessage());
        inner.close();
        inner.close(); // twice does nothing
        outer.close();
    }

    @Test
    void aScopeIsOfItsThread() throws InterruptedException {
        AtomicReference<Tensor> made = new AtomicReference<>();
        try (TensorScope _ = TensorScope.open()) {
            Thread thread = new Thread(() -> made.set(Tensor.ones(2)));
            thread.start();
            thread.join();
        }
        assertEquals(2.0, made.get().sum().item());
    }

    @Test
    void anExceptionClosesTheScopeToo() {
        List<Tensor> made = new ArrayList<>();
        assertThrows(ShapeException.class, () -> {
            try (TensorScope _ = TensorScope.open()) {
                made.add(Tensor.ones(2));
                made.getFirst().add(Tensor.ones(3));
            }
        });
        assertThrows(IllegalStateException.class, () -> made.getFirst().storage());
    }

    /** The second step of a loop uses the arrays of the first, for every size and type, temporaries included. */
    @Test
    void theSecondStepAllocatesNoArrays() {
        Set<Object> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
        Device device = watched(storage -> arrays.add(array(storage)));
        Tensor weight = Tensor.ones(4, 3, 3, 3).to(device);
        List<Integer> soFar = new ArrayList<>();
        for (int step = 0; step < 3; step++) {
            try (TensorScope _ = TensorScope.open()) {
                Tensor x = Tensor.full(device, DType.F32, Shape.of(2, 3, 9, 9), 0.5);
                Tensor y = Convolution.conv2d(ConvSpec.of().withPadding(1), x, weight);
                Tensor order = y.flatten(0).sort(0, true).indices();
                weight.addInPlace(y.gt(1).sum().to(DType.F64).to(DType.F32));
                assertEquals(2 * 4 * 9 * 9, order.size());
            }
            soFar.add(arrays.size());
        }
        assertTrue(soFar.get(0) > 8, () -> "arrays after each step: " + soFar);
        assertEquals(List.of(soFar.get(0), soFar.get(0), soFar.get(0)), soFar, "arrays after each step");
    }

    /** A device that shows every storage it allocates. */
    private static Device watched(Consumer<Storage> watcher) {
        Backend backend = Device.reference().backend();
        Object proxy = Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (_, method, arguments) -> {
                    Object result = method.invoke(backend, arguments);
                    if (result instanceof Storage storage) {
                        watcher.accept(storage);
                    }
                    return result;
                });
        return new Device("watched", (Backend) proxy);
    }

    private static Object array(Storage memory) {
        HeapStorage storage = (HeapStorage) memory;
        return switch (storage.dtype()) {
            case F64 -> storage.doubles();
            case F32 -> storage.floats();
            case F16 -> storage.halves();
            case I64 -> storage.longs();
            case I32 -> storage.ints();
            case I8, U8, BOOL -> storage.bytes();
        };
    }

    /** A tensor in reused memory never shows what was there before, and two live ones never share an array. */
    @Test
    void reusedMemoryIsNeverShared() {
        Device device = Device.reference();
        try (TensorScope _ = TensorScope.open()) {
            Tensor.full(device, DType.F32, Shape.of(100), 7);
        }
        try (TensorScope _ = TensorScope.open()) {
            Tensor a = Tensor.zeros(device, DType.F32, Shape.of(100));
            Tensor b = Tensor.zeros(device, DType.F32, Shape.of(100));
            assertNotSame(array(a.storage()), array(b.storage()));
            a.fillInPlace(1);
            assertEquals(100, a.sum().item());
            assertEquals(0, b.sum().item());
        }
    }
}
