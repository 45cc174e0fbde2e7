package espalier.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The arrows between the modules, and what a library must not do, checked on the compiled classes. */
class ArchitectureTest {
    private static final List<String> LIBRARIES = List.of("tensor", "autograd", "nn", "sparsity", "gpu");

    private static final JavaClasses CODE = new ClassFileImporter()
            .importPaths(Stream.concat(LIBRARIES.stream(), Stream.of("examples"))
                    .map(module -> Path.of("..", module, "target", "classes"))
                    .filter(Files::isDirectory)
                    .toList());

    @Test
    void everyModuleWasFound() {
        for (String module : LIBRARIES) {
            Assertions.assertTrue(CODE.containPackage("espalier." + module), module + " has no compiled classes");
        }
    }

    @TestFactory
    Stream<DynamicTest> arrows() {
        return Stream.of(
                rule(onlyUses("tensor"), "tensor stands alone"),
                rule(onlyUses("autograd", "tensor"), "autograd knows no layers"),
                rule(onlyUses("nn", "autograd", "tensor"), "nn knows no sparsity"),
                rule(onlyUses("sparsity", "nn", "autograd", "tensor"), "sparsity knows no examples"),
                rule(onlyUses("gpu", "tensor"), "a back end knows tensors only"),
                rule(
                        onlyUses("examples", "sparsity", "nn", "autograd", "tensor"),
                        "back ends are found by ServiceLoader, never named"),
                rule(
                        noClasses()
                                .that()
                                .resideOutsideOfPackage("espalier.tensor..")
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage("espalier.tensor.cpu.."),
                        "the CPU back ends are reached through espalier.tensor.spi"));
    }

    /**
     * A call that the compiler leaves makes an object of every vector that goes through it, for as long as the program
     * runs.
     */
    @Test
    void noMethodTakesOrReturnsAVector() {
        List<String> vectors = List.of("Vector", "VectorMask", "VectorShuffle");
        List<String> found = CODE.stream()
                .filter(type -> type.getPackageName().startsWith("espalier.tensor.cpu.vector"))
                .flatMap(type -> type.getMethods().stream())
                .filter(method -> Stream.concat(
                                method.getRawParameterTypes().stream(), Stream.of(method.getRawReturnType()))
                        .anyMatch(type ->
                                vectors.stream().anyMatch(v -> type.isAssignableTo("jdk.incubator.vector." + v))))
                .map(JavaMethod::getFullName)
                .toList();
        Assertions.assertEquals(List.of(), found);
    }

    @TestFactory
    Stream<DynamicTest> manners() {
        return Stream.of(
                rule(
                        noClasses()
                                .that()
                                .resideInAnyPackage(libraries())
                                .and()
                                .resideOutsideOfPackage("espalier.tensor.cpu.vector..")
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage("jdk.incubator.vector.."),
                        "the Vector API may be absent: the packages under cpu.vector alone mention it"),
                rule(
                        libraryMustNot("java.io.ObjectInputStream", "java.io.ObjectOutputStream"),
                        "files come from strangers; Java serialization trusts them"),
                rule(
                        noClasses()
                                .that()
                                .resideInAnyPackage(libraries())
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage("java.net..", "javax.net.."),
                        "a library opens no connections"),
                rule(
                        noClasses()
                                .that()
                                .resideInAnyPackage(libraries())
                                .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS),
                        "a library does not print: it returns, throws or logs"));
    }

    /** The module uses itself and the named ones, and no other of ours. */
    private static ArchRule onlyUses(String module, String... used) {
        String[] forbidden = Stream.concat(LIBRARIES.stream(), Stream.of("examples"))
                .filter(name -> !name.equals(module) && !List.of(used).contains(name))
                .map(ArchitectureTest::packageOf)
                .toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage(packageOf(module))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden);
    }

    private static ArchRule libraryMustNot(String... types) {
        return noClasses()
                .that()
                .resideInAnyPackage(libraries())
                .should()
                .dependOnClassesThat()
                .haveNameMatching(String.join("|", types));
    }

    private static DynamicTest rule(ArchRule rule, String reason) {
        return DynamicTest.dynamicTest(
                reason, () -> rule.because(reason).allowEmptyShould(true).check(CODE));
    }

    private static String packageOf(String module) {
        return "espalier." + module + "..";
    }

    private static String[] libraries() {
        return LIBRARIES.stream().map(ArchitectureTest::packageOf).toArray(String[]::new);
    }
}
