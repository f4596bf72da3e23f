package io.github.sqlsec.streampark;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.Handle;
import org.springframework.asm.Label;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.Opcodes;
import org.springframework.asm.SpringAsmInfo;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.util.ClassUtils;

/**
 * Reads in StreamPark's byte code how a start takes its text: the plug-in stands on that road, and on no other. {@code start} must read the job's text, replace
 * its variables, pack it, replace those of the arguments and hand the job to the thread that submits it, in this order; and no other class may submit.
 */
final class StartPath {
  private static final String SUBMITTER = "org/apache/streampark/flink/client/FlinkClient";
  private static final String WANTED = "read replace pack replace submit";

  private StartPath() {}

  /**
   * Looks.
   *
   * @param starter the class whose {@code start} it is
   * @return what is wrong; null for nothing
   */
  static String wrong(Class<?> starter, ClassLoader loader) {
    try (InputStream in = loader.getResourceAsStream(ClassUtils.convertClassNameToResourcePath(starter.getName()) + ".class")) {
      if (in == null) {
        return "the class file of `" + starter.getName() + "` is not there";
      }
      Map<String, List<String>> methods = calls(in);
      boolean found = false;
      for (Map.Entry<String, List<String>> method : methods.entrySet()) {
        boolean start = method.getKey().matches("start\\(L[^;]*;Z\\)V");
        found |= start;
        String steps = String.join(" ", steps(method.getValue()));
        if (start && !steps.equals(WANTED)) {
          return "`start` does `" + steps + "` and not `" + WANTED + "`";
        }
      }
      return found ? others(starter, loader) : "it has no `start`";
    } catch (IOException e) {
      return "the class file of `" + starter.getName() + "` cannot be read: " + e.getMessage();
    }
  }

  private static List<String> steps(List<String> calls) {
    List<String> steps = new ArrayList<>();
    for (String call : calls) {
      if (call.endsWith("/FlinkSqlService.getEffective(true)")) {
        steps.add("read");
      } else if (call.endsWith("/VariableService.replaceVariable")) {
        steps.add("replace");
      } else if (call.endsWith("/DeflaterUtils.zipString")) {
        steps.add("pack");
      } else if (call.equals("java/util/concurrent/CompletableFuture.supplyAsync") || call.equals(SUBMITTER + ".submit")) {
        steps.add("submit");
      }
    }
    return steps;
  }

  /** Other classes of the console that submit, or a method beside {@code start} that does. */
  private static String others(Class<?> starter, ClassLoader loader) throws IOException {
    TreeSet<String> found = new TreeSet<>();
    Resource[] classes =
        new PathMatchingResourcePatternResolver(loader).getResources("classpath*:" + Door.CONSOLE.replace('.', '/') + "**/*.class");
    for (Resource each : classes) {
      try (InputStream in = each.getInputStream()) {
        ClassReader reader = new ClassReader(in);
        for (Map.Entry<String, List<String>> method : calls(reader).entrySet()) {
          boolean own = reader.getClassName().replace('/', '.').equals(starter.getName()) && method.getKey().startsWith("lambda$start$");
          if (method.getValue().contains(SUBMITTER + ".submit") && !own) {
            found.add(reader.getClassName().replace('/', '.') + "." + method.getKey());
          }
        }
      }
    }
    return found.isEmpty() ? null : "jobs are also submitted by " + found;
  }

  private static Map<String, List<String>> calls(InputStream in) throws IOException {
    return calls(new ClassReader(in));
  }

  /** The calls of each method, in the order of the code. */
  private static Map<String, List<String>> calls(ClassReader reader) {
    Map<String, List<String>> methods = new LinkedHashMap<>();
    reader.accept(
        new ClassVisitor(SpringAsmInfo.ASM_VERSION) {
          @Override
          public MethodVisitor visitMethod(int access, String name, String descriptor, String signature, String[] exceptions) {
            List<String> calls = new ArrayList<>();
            methods.put(name + descriptor, calls);
            return new Calls(calls);
          }
        },
        ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    return methods;
  }

  private static final class Calls extends MethodVisitor {
    private final List<String> calls;
    private int last;

    Calls(List<String> calls) {
      super(SpringAsmInfo.ASM_VERSION);
      this.calls = calls;
    }

    @Override
    public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
      // A text that is read packed is a look whether there is one.
      boolean packed = name.equals("getEffective") && last == Opcodes.ICONST_0;
      boolean text = name.equals("getEffective") && descriptor.contains("Z)") && !packed;
      calls.add(owner + "." + name + (text ? "(true)" : ""));
      last = opcode;
    }

    @Override
    public void visitInsn(int opcode) {
      last = opcode;
    }

    @Override
    public void visitVarInsn(int opcode, int variable) {
      last = opcode;
    }

    @Override
    public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
      last = opcode;
    }

    @Override
    public void visitJumpInsn(int opcode, Label label) {
      last = opcode;
    }

    @Override
    public void visitLabel(Label label) {
      last = Opcodes.NOP;
    }

    @Override
    public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
      for (Object argument : arguments) {
        // A reference to a method, `FlinkClient::submit`, is a call as well; a lambda is a method of its own.
        if (argument instanceof Handle && ((Handle) argument).getTag() != Opcodes.H_GETFIELD && !((Handle) argument).getName().startsWith("lambda$")) {
          calls.add(((Handle) argument).getOwner() + "." + ((Handle) argument).getName());
        }
      }
    }
  }
}
