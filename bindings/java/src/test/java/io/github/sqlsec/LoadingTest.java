package io.github.sqlsec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loader: several class loaders, a library that was changed, one that is not there; and an engine that panics, which is a library of its own. */
class LoadingTest {
  private static final Path NATIVE = Paths.get(System.getProperty("sqlsec.native.dir"));

  /** The main classes in a class loader of their own, with this folder as the home of the native library. */
  private static URLClassLoader loader(Path natives) throws Exception {
    URL classes = SqlSec.class.getProtectionDomain().getCodeSource().getLocation();
    return new URLClassLoader(new URL[] {classes, natives.toUri().toURL()}, ClassLoader.getSystemClassLoader().getParent());
  }

  /** Opens an engine there, and asks it for these scripts: the replies. */
  private static String[] ask(ClassLoader loader, String... scripts) throws Exception {
    Class<?> config = loader.loadClass("io.github.sqlsec.Config");
    Class<?> sqlsec = loader.loadClass("io.github.sqlsec.SqlSec");
    Object opened = sqlsec.getMethod("open", config).invoke(null, config.getMethod("ofJson", String.class).invoke(null, Samples.config().json()));
    String[] replies = new String[scripts.length];
    for (int i = 0; i < scripts.length; i++) {
      replies[i] = (String) sqlsec.getMethod("checkJson", String.class).invoke(opened, Samples.request(scripts[i]).toJson());
    }
    sqlsec.getMethod("close").invoke(opened);
    return replies;
  }

  @Test
  void eachClassLoaderHasALibraryOfItsOwn() throws Exception {
    try (URLClassLoader one = loader(NATIVE);
        URLClassLoader two = loader(NATIVE);
        SqlSec here = SqlSec.open(Samples.config())) {
      assertNotSame(one.loadClass("io.github.sqlsec.SqlSec"), two.loadClass("io.github.sqlsec.SqlSec"));
      String wanted = here.checkJson(Samples.request(Samples.SQL).toJson());
      for (URLClassLoader loader : new URLClassLoader[] {one, two, one}) {
        assertEquals(wanted, ask(loader, Samples.SQL)[0]);
      }
    }
  }

  private static void isUnusable(Path natives, String because) throws Exception {
    try (URLClassLoader loader = loader(natives)) {
      InvocationTargetException thrown = assertThrows(InvocationTargetException.class, () -> ask(loader, Samples.SQL));
      Throwable cause = thrown.getCause();
      assertEquals("io.github.sqlsec.SqlSecException", cause.getClass().getName());
      assertEquals("library-unusable", cause.getClass().getMethod("code").invoke(cause));
      assertTrue(cause.getMessage().contains(because), cause.getMessage());
    }
  }

  @Test
  void anEngineThatPanickedIsFollowedByAnotherAtTheNextLook(@TempDir Path folder) throws Exception {
    String tables = "CREATE TABLE orders (id INT, region STRING) WITH ('connector' = 'filesystem', 'path' = 's3://lake/o', 'format' = 'json'); "
        + "CREATE TABLE copy (id INT) WITH ('connector' = 'filesystem', 'path' = 's3://lake/c', 'format' = 'json')";
    Path policy = Files.write(folder.resolve("policy.yaml"), Samples.POLICY.getBytes(StandardCharsets.UTF_8));
    String config = "{\"policy\": {\"file\": \"" + policy + "\"}, \"catalog\": [{\"sql\": \"" + tables + "\"}], \"lineage\": {\"store\": \"" + folder.resolve("a.db") + "\", \"create\": true}}";
    // A file of its own: a JVM binds one to a single class loader.
    Path library = Files.copy(Cases.folder().resolve("libsqlsec_panics.so"), folder.resolve("library.so"));
    System.setProperty(NativeLibrary.PATH_PROPERTY, library.toString());
    URL[] urls = {SqlSec.class.getProtectionDomain().getCodeSource().getLocation(), LoadingTest.class.getProtectionDomain().getCodeSource().getLocation()};
    try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getSystemClassLoader().getParent())) {
      List<?> steps = (List<?>) loader.loadClass("io.github.sqlsec.PanicSteps").getMethod("run", String.class).invoke(null, config);
      assertEquals(Arrays.asList("allow", "internal", "internal", "allow", "committed"), steps.subList(0, 5), steps.toString());
      assertTrue(steps.get(5).toString().startsWith("error the engine has failed"), steps.toString());
      assertTrue(steps.get(6).toString().startsWith("warn lineage record 1 is not committed yet"), steps.toString());
      assertEquals(7, steps.size(), steps.toString());
    } finally {
      System.clearProperty(NativeLibrary.PATH_PROPERTY);
    }
  }

  @Test
  void aLibraryThatWasChangedIsNotLoaded(@TempDir Path folder) throws Exception {
    Path from = NATIVE.resolve("META-INF/native/" + NativeLibrary.platform());
    Path to = Files.createDirectories(folder.resolve("META-INF/native/" + NativeLibrary.platform()));
    byte[] library = Files.readAllBytes(from.resolve("libsqlsec_java.so"));
    library[library.length / 2] ^= 1;
    Files.write(to.resolve("libsqlsec_java.so"), library);
    Files.copy(from.resolve("libsqlsec_java.so.sha256"), to.resolve("libsqlsec_java.so.sha256"));
    isUnusable(folder, "not the one that belongs to this jar");
  }

  @Test
  void whereThereIsNoLibraryTheMessageSaysWhatToDo(@TempDir Path folder) throws Exception {
    isUnusable(folder, "add the jar with its classifier");
  }

  @Test
  void aFileThatIsNoLibraryIsAFailureAndNotACrash(@TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("library.so"), "not a library".getBytes(StandardCharsets.UTF_8));
    System.setProperty(NativeLibrary.PATH_PROPERTY, file.toString());
    try {
      isUnusable(NATIVE, "cannot be loaded");
    } finally {
      System.clearProperty(NativeLibrary.PATH_PROPERTY);
    }
  }

  @Test
  void anEngineThatPanickedDeniesFromThenOn() throws Exception {
    System.setProperty(NativeLibrary.PATH_PROPERTY, Cases.folder().resolve("libsqlsec_panics.so").toString());
    try (URLClassLoader loader = loader(NATIVE)) {
      String[] replies = ask(loader, Samples.SQL, "SQLSEC PANIC", Samples.SQL, Samples.SQL);
      assertTrue(replies[0].contains("\"decision\":\"allow\""), replies[0]);
      for (int i = 1; i < replies.length; i++) {
        assertTrue(replies[i].contains("\"code\":\"internal\""), replies[i]);
        Reply reply = Reply.parse(replies[i], false);
        assertThrows(SqlSecDeniedException.class, reply::sql);
      }
      // A new engine is a new beginning.
      assertTrue(ask(loader, Samples.SQL)[0].contains("\"decision\":\"allow\""));
    } finally {
      System.clearProperty(NativeLibrary.PATH_PROPERTY);
    }
  }
}
