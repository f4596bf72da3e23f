package org.apache.streampark.console;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.streampark.console.core.entity.FlinkSql;
import org.springframework.stereotype.Component;

/** The database. */
@Component
public class Tables {
  public final Map<Long, User> users = new ConcurrentHashMap<>();
  public final Map<Long, Team> teams = new ConcurrentHashMap<>();
  public final Map<Long, Role> roles = new ConcurrentHashMap<>();
  /** By team and user. */
  public final Map<String, Member> members = new ConcurrentHashMap<>();
  public final Map<Long, Flink> flinks = new ConcurrentHashMap<>();
  /** By team and code. */
  public final Map<String, String> variables = new ConcurrentHashMap<>();
  public final Map<Long, FlinkSql> candidates = new ConcurrentHashMap<>();
  public final Map<Long, FlinkSql> effective = new ConcurrentHashMap<>();
  public final Map<Long, String> files = new ConcurrentHashMap<>();
  public final Map<Long, Map<String, Object>> jobs = new ConcurrentHashMap<>();

  public enum UserType {
    ADMIN,
    USER
  }

  public static class User {
    private final Long id;
    private final String name;
    private final String status;
    private final UserType type;

    public User(Long id, String name, String status, UserType type) {
      this.id = id;
      this.name = name;
      this.status = status;
      this.type = type;
    }

    public Long getUserId() {
      return id;
    }

    public String getUsername() {
      return name;
    }

    public String getStatus() {
      return status;
    }

    public UserType getUserType() {
      return type;
    }
  }

  public static class Team {
    private final String name;

    public Team(String name) {
      this.name = name;
    }

    public String getTeamName() {
      return name;
    }
  }

  public static class Role {
    private final String name;

    public Role(String name) {
      this.name = name;
    }

    public String getRoleName() {
      return name;
    }
  }

  public static class Member {
    private final Long role;

    public Member(Long role) {
      this.role = role;
    }

    public Long getRoleId() {
      return role;
    }
  }

  public static class Flink {
    private final String version;

    public Flink(String version) {
      this.version = version;
    }

    public String getVersion() {
      return version;
    }
  }
}
