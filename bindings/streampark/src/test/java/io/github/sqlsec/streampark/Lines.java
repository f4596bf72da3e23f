package io.github.sqlsec.streampark;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * Consoles of the shape of StreamPark's two lines, compiled from {@code src/test/console}, each in a class loader of its own. A test may change the sources: that
 * is how a StreamPark looks which nobody knows yet.
 */
final class Lines {
  static final String[] ALL = {"2.1", "dev"};
  private static final Path SOURCES = Paths.get("src/test/console");

  private Lines() {}

  static ClassLoader of(String line) {
    return of(line, UnaryOperator.identity());
  }

  static ClassLoader of(String line, UnaryOperator<String> change) {
    try {
      Path folder = Files.createTempDirectory(Paths.get("target"), "console-");
      List<String> files = new ArrayList<>();
      for (Path part : new Path[] {SOURCES.resolve("shared"), SOURCES.resolve(line)}) {
        try (Stream<Path> sources = Files.walk(part)) {
          for (Path source : sources.filter(path -> path.toString().endsWith(".java")).collect(Collectors.toList())) {
            Path copy = folder.resolve("sources").resolve(part.relativize(source));
            Files.createDirectories(copy.getParent());
            String text = change.apply(new String(Files.readAllBytes(source), StandardCharsets.UTF_8));
            if (!text.isEmpty()) {
              Files.write(copy, text.getBytes(StandardCharsets.UTF_8));
              files.add(copy.toString());
            }
          }
        }
      }
      Path classes = Files.createDirectories(folder.resolve("classes"));
      compile(files, classes);
      return new URLClassLoader(new URL[] {classes.toUri().toURL()}, Lines.class.getClassLoader());
    } catch (MalformedURLException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void compile(List<String> files, Path classes) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> options = new ArrayList<>();
    options.add("-nowarn");
    options.add("-proc:none");
    options.add("-parameters");
    options.add("-d");
    options.add(classes.toString());
    options.add("-classpath");
    options.add(path);
    StringWriter said = new StringWriter();
    Iterable<? extends javax.tools.JavaFileObject> units =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8).getJavaFileObjects(files.stream().map(File::new).toArray(File[]::new));
    if (!compiler.getTask(said, null, null, options, null, units).call()) {
      throw new IllegalStateException(said.toString());
    }
  }
}
