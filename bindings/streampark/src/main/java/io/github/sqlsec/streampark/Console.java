package io.github.sqlsec.streampark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.shiro.SecurityUtils;
import org.apache.shiro.UnavailableSecurityManagerException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;
import org.springframework.web.context.request.RequestContextHolder;

/** StreamPark's own services, by the names that its two lines have for them: users, teams, jobs, versions of Flink, texts. Answers are those of the moment. */
final class Console {
  private static final Logger LOG = LoggerFactory.getLogger(Console.class);
  private static final String SYSTEM = Door.CONSOLE + "system.service.";
  private static final String CORE = Door.CONSOLE + "core.service.";
  private static final String PACKER = "org.apache.streampark.common.util.DeflaterUtils";
  /** Value of a user's {@code status}. */
  private static final String VALID = "1";

  private final ConfigurableListableBeanFactory beans;

  Console(ConfigurableListableBeanFactory beans) {
    this.beans = beans;
  }

  /** A bean by the name of its type. */
  Object bean(String type) {
    return beans.getBean(type(type));
  }

  Class<?> type(String name) {
    try {
      return ClassUtils.forName(name, beans.getBeanClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("there is no `" + name + "`: this StreamPark is not one that the plug-in knows", e);
    }
  }

  boolean hasType(String name) {
    return ClassUtils.isPresent(name, beans.getBeanClassLoader());
  }

  /** Whether it is the coming line, and not 2.1. */
  boolean isDev() {
    return hasType(Door.START_DEV.type);
  }

  /** What it calls and this StreamPark lacks: a type, and a method of it. */
  List<String> missing() {
    List<String> missing = new ArrayList<>();
    String[][] needed = {
      {SYSTEM + "UserService", "getById"},
      {SYSTEM + "TeamService", "getById"},
      {SYSTEM + "RoleService", "getById"},
      {SYSTEM + "MemberService", isDev() ? "getByTeamIdUserName" : "findByUserId"},
      {isDev() ? Door.CONSOLE + "core.util.ServiceHelper" : CORE + "ServiceHelper", "getLoginUser"},
      {CORE + "FlinkEnvService", "getByIdOrDefault"},
      {(isDev() ? Door.FILE_DEV : Door.FILE).type, "getLatest"},
      {(isDev() ? Door.START_DEV : Door.START).type, "getById"},
      {Door.CONSOLE + "core.entity.FlinkSql", "setSql"},
      {Door.CONSOLE + "base.exception.ApiAlertException", "getMessage"},
      {PACKER, "unzipString"},
    };
    for (String[] each : needed) {
      if (!hasType(each[0]) || !Reflected.names(type(each[0]), each[1])) {
        missing.add("`" + each[0] + "." + each[1] + "`");
      }
    }
    return missing;
  }

  /** The message as StreamPark shows messages. */
  RuntimeException alert(Refusal refusal) {
    try {
      return (RuntimeException) type(Door.CONSOLE + "base.exception.ApiAlertException").getConstructor(String.class).newInstance(refusal.getMessage());
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.error("sqlsec: StreamPark's own exception cannot be made", e);
      return refusal;
    }
  }

  /** The job, as the database has it now, by the service that starts it. */
  Job job(Object service, Long id) {
    Object entity = Reflected.call(service, "getById", id);
    if (entity == null) {
      throw Refusal.of("job-unknown", "there is no job " + id);
    }
    return Job.of(entity);
  }

  /**
   * Who has sent the request that this thread serves; null where it serves none, as the threads that watch jobs. A subject alone says nothing: Shiro hands it
   * down to threads that a request has started.
   */
  Person login(Long team) {
    if (RequestContextHolder.getRequestAttributes() == null) {
      return null;
    }
    try {
      if (SecurityUtils.getSubject().getPrincipal() == null) {
        return null;
      }
    } catch (UnavailableSecurityManagerException e) {
      return null;
    }
    Object user =
        isDev()
            ? Reflected.callStatic(type(Door.CONSOLE + "core.util.ServiceHelper"), "getLoginUser")
            : Reflected.call(bean(CORE + "ServiceHelper"), "getLoginUser");
    if (user == null) {
      throw Refusal.of("user-unknown", "nobody knows who asks");
    }
    return person(user, team);
  }

  Person person(Long id, Long team) {
    Object user = id == null ? null : Reflected.call(bean(SYSTEM + "UserService"), "getById", id);
    if (user == null) {
      throw Refusal.of("user-unknown", "there is no user " + id);
    }
    return person(user, team);
  }

  private Person person(Object user, Long team) {
    Long id = Reflected.number(user, "getUserId");
    String name = Reflected.text(user, "getUsername");
    if (id == null || name == null || name.trim().isEmpty()) {
      throw Refusal.of("user-unknown", "a user without a name");
    }
    if (!VALID.equals(Reflected.text(user, "getStatus"))) {
      throw Refusal.of("user-locked", "the account of `" + name + "` is locked");
    }
    Object kind = Reflected.call(user, "getUserType");
    boolean admin = kind instanceof Enum && ((Enum<?>) kind).name().equals("ADMIN");
    List<String> roles = team == null ? Collections.<String>emptyList() : roles(id, name, team);
    if (roles == null && !admin) {
      throw Refusal.of("team-denied", "`" + name + "` is not in the team");
    }
    return new Person(id, name, admin, roles == null ? Collections.<String>emptyList() : roles);
  }

  /** The roles of a user in a team; null for one who is not in it. */
  private List<String> roles(Long user, String name, Long team) {
    Object members = bean(SYSTEM + "MemberService");
    Object member =
        isDev() ? Reflected.call(members, "getByTeamIdUserName", team, name) : Reflected.call(members, "findByUserId", team, user);
    if (member == null) {
      return null;
    }
    Object role = Reflected.call(bean(SYSTEM + "RoleService"), "getById", Reflected.number(member, "getRoleId"));
    List<String> roles = new ArrayList<>();
    if (role != null && Reflected.text(role, "getRoleName") != null) {
      roles.add(Reflected.text(role, "getRoleName"));
    }
    return roles;
  }

  /** What a policy may say about the place: the team, by number and by name. */
  Map<String, Object> place(Long team, String trigger) {
    Map<String, Object> place = new LinkedHashMap<>();
    place.put("trigger", trigger);
    if (team != null) {
      Object entity = Reflected.call(bean(SYSTEM + "TeamService"), "getById", team);
      if (entity == null || Reflected.text(entity, "getTeamName") == null) {
        throw Refusal.of("team-denied", "there is no team " + team);
      }
      place.put("team_id", team);
      place.put("team", Reflected.text(entity, "getTeamName"));
    }
    return place;
  }

  /** The line of Flink behind a number of StreamPark's, such as {@code 1.20}. */
  String flinkLine(Long id) {
    Object flink = Reflected.call(bean(CORE + "FlinkEnvService"), "getByIdOrDefault", id);
    String version = flink == null ? null : Reflected.text(flink, "getVersion");
    String[] parts = version == null ? new String[0] : version.split("[.]");
    if (parts.length < 2) {
      throw Refusal.of("flink-unknown", "the version of Flink is not known");
    }
    return parts[0] + "." + parts[1];
  }

  /** A text with the variables of a team replaced, as StreamPark does it. */
  String expanded(Long team, String text) {
    return (String) Reflected.call(bean(Door.VARIABLES.type), Door.VARIABLES.method, team, text);
  }

  /** The text that the next start of a job would take, and what it brings along; null where there is none. */
  Text next(Long job) {
    Object service = bean(Door.EFFECTIVE.type);
    Object candidate = Reflected.call(service, "getCandidate", job, null);
    if (candidate != null) {
      String zipped = Reflected.text(candidate, "getSql");
      return new Text(candidate, (String) Reflected.callStatic(type(PACKER), "unzipString", zipped));
    }
    Object effective = Reflected.call(service, Door.EFFECTIVE.method, job, true);
    return effective == null ? null : new Text(effective, Reflected.text(effective, "getSql"));
  }

  /** The configuration file that the next start of a job would take; null for none. */
  Object nextFile(Long job) {
    Object service = bean((isDev() ? Door.FILE_DEV : Door.FILE).type);
    Object latest = Reflected.call(service, "getLatest", job);
    return latest != null ? latest : Reflected.call(service, Door.FILE.method, job);
  }

  /** A job's text before variables are replaced. Immutable. */
  static final class Text {
    final String sql;
    /** Whether it brings jars: from Maven, from the disk, or from the team. */
    final boolean bringsJars;

    Text(Object entity, String sql) {
      this.sql = sql;
      bringsJars = says(Reflected.text(entity, "getDependency")) || Reflected.has(entity, "getTeamResource") && says(Reflected.text(entity, "getTeamResource"));
    }

    /** Empty lists and objects, in whatever nesting, bring nothing. */
    private static boolean says(String json) {
      return json != null && !json.replaceAll("\"(pom|jar)\"|[\\s{}\\[\\]:,]", "").isEmpty();
    }
  }
}
