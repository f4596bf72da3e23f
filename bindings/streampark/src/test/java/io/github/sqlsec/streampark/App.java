package io.github.sqlsec.streampark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.shiro.mgt.DefaultSecurityManager;
import org.apache.shiro.subject.SimplePrincipalCollection;
import org.apache.shiro.subject.Subject;
import org.apache.shiro.util.ThreadContext;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;

/** A console with the plug-in, its people (alice, bob, carol who is an admin, dora whose account is locked, eve of another team), and what they do. */
final class App implements AutoCloseable {
  static final Long TEAM = 7L;
  static final Long ALICE = 1L;
  static final Long BOB = 2L;
  static final Long CAROL = 3L;
  static final Long DORA = 4L;
  static final Long EVE = 5L;
  static final String POLICY =
      "apiVersion: sqlsec/v1\nversion: 1\nroles:\n  - { name: developer }\nrules:\n"
          + "  - { id: alice, type: row_filter, to: { users: [alice] }, on: { table: '*.*.orders' }, filter: \"region = 'beijing'\" }\n"
          + "  - { id: bob, type: row_filter, to: { users: [bob] }, on: { table: '*.*.orders' }, filter: \"region = 'shanghai'\" }\n"
          + "  - { id: closed, type: access, to: { users: [alice, bob] }, on: { table: '*.*.wages' }, privileges: [select], effect: deny }\n"
          + "  - { id: names, type: column_mask, to: { users: [alice, bob] }, on: { table: '*.*.people', columns: [name] }, mask: MASK_NULL, except: { users: [carol] } }\n"
          + "  - { id: robots, type: row_filter, to: { roles: [developer] }, on: { table: '*.*.teams' }, filter: \"team = ${user.team} AND app = ${user.app_id}\" }\n";
  private static final String TABLES =
      "CREATE TABLE orders (id BIGINT, region STRING) WITH ('connector' = 'datagen');\n"
          + "CREATE TABLE wages (id BIGINT) WITH ('connector' = 'datagen');\n"
          + "CREATE TABLE teams (id BIGINT, team STRING, app BIGINT) WITH ('connector' = 'datagen');\n"
          + "CREATE TABLE pub (id BIGINT) WITH ('connector' = 'datagen');\n"
          + "CREATE TABLE people (id BIGINT, name STRING) WITH ('connector' = 'datagen');\n"
          + "CREATE TABLE names (name STRING) WITH ('connector' = 'blackhole');\n"
          + "CREATE TABLE sink (id BIGINT) WITH ('connector' = 'blackhole');\n";
  private static final AtomicLong JOBS = new AtomicLong(1000);

  final Path folder;
  final ConfigurableApplicationContext context;
  final Site site;

  private App(Path folder, ConfigurableApplicationContext context) {
    this.folder = folder;
    this.context = context;
    this.site = context.getBean(Site.class);
    site.team(TEAM, "risk");
    site.user(ALICE, "alice", "1", false);
    site.user(BOB, "bob", "1", false);
    site.user(CAROL, "carol", "1", true);
    site.user(DORA, "dora", "0", false);
    site.user(EVE, "eve", "1", false);
    for (Long member : new Long[] {ALICE, BOB, DORA}) {
      site.member(TEAM, member, "developer");
    }
    site.flink(1L, "1.20.1");
    site.flink(2L, "1.17.2");
  }

  /** With the site's usual rules. */
  static App open(ClassLoader line, String... options) {
    Path folder = site();
    return open(line, folder, options);
  }

  /** With the documents of a folder. */
  static App open(ClassLoader line, Path folder, String... options) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("sqlsec.config", folder.resolve("engine.json").toString());
    properties.put("sqlsec.starts", folder.resolve("starts").toString());
    for (String option : options) {
      int at = option.indexOf('=');
      properties.put(option.substring(0, at), option.substring(at + 1));
    }
    return new App(folder, start(line, properties));
  }

  static ConfigurableApplicationContext start(ClassLoader line, Map<String, Object> properties) {
    try {
      return new SpringApplicationBuilder()
          .resourceLoader(new DefaultResourceLoader(line))
          .sources(line.loadClass("org.apache.streampark.console.StreamParkConsoleBootstrap"))
          .web(WebApplicationType.NONE)
          .properties(properties)
          .logStartupInfo(false)
          .bannerMode(org.springframework.boot.Banner.Mode.OFF)
          .run();
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The usual documents in a new folder. */
  static Path site() {
    try {
      Path folder = Files.createTempDirectory(Paths.get("target"), "site-");
      write(folder, "engine.json", "{\"policy\": {\"file\": \"policy.yaml\"}, \"catalog\": [{\"file\": \"tables.sql\"}]}");
      write(folder, "policy.yaml", POLICY);
      write(folder, "tables.sql", TABLES);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void write(Path folder, String name, String text) {
    try {
      Path next = folder.resolveSibling(folder.getFileName() + ".new");
      Files.write(next, text.getBytes(StandardCharsets.UTF_8));
      Files.move(next, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new job with a text; options are pairs of a column and its value. */
  Long job(Long owner, String sql, Object... columns) {
    Long id = JOBS.incrementAndGet();
    Map<String, Object> row = new java.util.concurrent.ConcurrentHashMap<>();
    row.put("id", id);
    row.put("team", TEAM);
    row.put("owner", owner);
    row.put("name", "job-" + id);
    row.put("flink", 1L);
    for (int i = 0; i < columns.length; i += 2) {
      row.put((String) columns[i], columns[i + 1]);
    }
    site.save(row, sql, null);
    return id;
  }

  /** Puts another text into a job, as its editor does. */
  void edit(Long job, String sql) {
    site.save(site.job(job), sql, null);
  }

  /** Somebody presses "start". */
  void start(Long user, Long job, Object... request) throws Exception {
    as(user, () -> {
      site.start(request(job, request), false);
      return null;
    });
  }

  /** The watcher finds a job that has failed. */
  void watch(Long job) throws Exception {
    alone(() -> {
      site.start(request(job), true);
      return null;
    });
  }

  /** Too many checkpoints have failed. */
  void checkpoints(Long job) throws Exception {
    alone(() -> {
      site.restart(request(job));
      return null;
    });
  }

  Map<String, Object> verify(Long user, String sql) throws Exception {
    return as(user, () -> site.verify(sql, 1L, TEAM));
  }

  static Map<String, Object> request(Long job, Object... columns) {
    Map<String, Object> request = new HashMap<>();
    request.put("id", job);
    for (int i = 0; i < columns.length; i += 2) {
      request.put((String) columns[i], columns[i + 1]);
    }
    return request;
  }

  /** The texts of a job that have gone to a cluster. */
  List<String> submitted(Long job) throws Exception {
    String begin = job + ": ";
    return Arrays.stream(site.submitted()).filter(text -> text.startsWith(begin)).map(text -> text.substring(begin.length())).collect(Collectors.toList());
  }

  /** On a thread that serves a request of this user. */
  static <T> T as(Long user, Callable<T> does) throws Exception {
    DefaultSecurityManager manager = new DefaultSecurityManager();
    ThreadContext.bind(manager);
    ThreadContext.bind(new Subject.Builder(manager).principals(new SimplePrincipalCollection(user.toString(), "test")).authenticated(true).buildSubject());
    RequestContextHolder.setRequestAttributes(
        (RequestAttributes) Proxy.newProxyInstance(App.class.getClassLoader(), new Class<?>[] {RequestAttributes.class}, (proxy, method, args) -> null));
    try {
      return does.call();
    } finally {
      RequestContextHolder.resetRequestAttributes();
      ThreadContext.remove();
    }
  }

  /** On a thread that serves nobody. */
  static <T> T alone(Callable<T> does) throws Exception {
    try {
      return CompletableFuture.supplyAsync(
              () -> {
                try {
                  return does.call();
                } catch (Exception e) {
                  throw new CompletionException(e);
                }
              })
          .join();
    } catch (CompletionException e) {
      throw (Exception) e.getCause();
    }
  }

  @Override
  public void close() {
    context.close();
  }
}
