package espalier.tensor.conformance;

import espalier.tensor.Device;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.PackedKernel;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A back end that keeps memory but computes nothing: it notes which operations it was asked for, each with the enum
 * constants among its arguments and the type of its first operand.
 */
final class Recorder {
    private static final Set<String> MEMORY =
            Set.of("allocate", "upload", "download", "nearBytes", "name", "description");

    private final Set<String> calls = new TreeSet<>();

    /** A device whose memory is that of another. */
    Device beside(Device device) {
        Object proxy = Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (_, method, arguments) -> {
                    note(method, arguments);
                    if (method.getReturnType() == PackedKernel.class) {
                        return kernel();
                    }
                    if (method.getReturnType() == Optional.class) {
                        return Optional.empty();
                    }
                    if (method.getReturnType() == Runnable.class) {
                        return arguments[0];
                    }
                    return MEMORY.contains(method.getName()) ? invoke(device.backend(), method, arguments) : null;
                });
        return new Device("recorder", (Backend) proxy);
    }

    /** A kernel that computes nothing either. */
    private Object kernel() {
        return Proxy.newProxyInstance(
                PackedKernel.class.getClassLoader(), new Class<?>[] {PackedKernel.class}, (_, method, arguments) -> {
                    note(method, arguments);
                    return null;
                });
    }

    private static Object invoke(Backend backend, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(backend, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    private void note(Method method, Object[] arguments) {
        calls.add(signature(method));
        String type = arguments == null ? "" : ofType(method, arguments);
        calls.add(method.getName() + type);
        for (Object argument : arguments == null ? new Object[0] : arguments) {
            if (argument instanceof Enum<?> constant) {
                String name =
                        method.getName() + " " + constant.getDeclaringClass().getSimpleName() + "." + constant.name();
                calls.add(name);
                calls.add(name + type);
            }
        }
    }

    /** The type of the first tensor; of a choice that of the second, since the first is the mask. */
    private static String ofType(Method method, Object[] arguments) {
        return Arrays.stream(arguments)
                .filter(Tensor.class::isInstance)
                .skip(method.getName().equals("where") ? 1 : 0)
                .findFirst()
                .map(tensor -> " of " + ((Tensor) tensor).dtype())
                .orElse("");
    }

    /** The operations that were called. */
    Set<String> calls() {
        return calls;
    }

    /** Name and types of a method's parameters. */
    static String signature(Method method) {
        return Arrays.stream(method.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(", ", method.getName() + "(", ")"));
    }
}
