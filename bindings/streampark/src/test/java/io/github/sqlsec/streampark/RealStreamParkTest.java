package io.github.sqlsec.streampark;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** StreamPark's own classes, from the {@code lib} of the folder that SQLSEC_STREAMPARK names: all names and signatures are there, and starts take the known way. */
@EnabledIfEnvironmentVariable(named = "SQLSEC_STREAMPARK", matches = ".+")
class RealStreamParkTest {
  @Test
  void itsClassesAreTheOnesThatThePluginKnows() throws Exception {
    List<URL> jars = new ArrayList<>();
    try (Stream<Path> lib = Files.list(Paths.get(System.getenv("SQLSEC_STREAMPARK"), "lib"))) {
      for (Path jar : lib.sorted().collect(Collectors.toList())) {
        jars.add(jar.toUri().toURL());
      }
    }
    assertTrue(jars.size() > 1, "no jars in lib" + File.separator);
    // Nothing of the tests' own consoles is on this class path; the parent has the JDK alone.
    try (URLClassLoader loader = new URLClassLoader(jars.toArray(new URL[0]), ClassLoader.getSystemClassLoader().getParent())) {
      boolean dev = has(loader, Door.START_DEV.type);
      assertTrue(dev != has(loader, Door.START.type), "one of the two lines");
      List<String> missing = new ArrayList<>();
      for (Door door : Door.values()) {
        boolean needed =
            door.line == Door.Line.BOTH || door.line == (dev ? Door.Line.DEV : Door.Line.V2_1) || door.line == Door.Line.SPARK && has(loader, door.type);
        if (needed && (!has(loader, door.type) || !door.isIn(loader.loadClass(door.type)))) {
          missing.add(door.type + "." + door.method);
        }
      }
      assertTrue(missing.isEmpty(), missing.toString());
      String starter = dev ? "service.application.impl.FlinkApplicationActionServiceImpl" : "service.impl.ApplicationServiceImpl";
      assertNull(StartPath.wrong(loader.loadClass(Door.CONSOLE + "core." + starter), loader));
    }
  }

  private static boolean has(ClassLoader loader, String name) {
    try {
      loader.loadClass(name);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
