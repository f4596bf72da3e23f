package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.apache.flink.table.planner.factories.TestValuesTableFactory;

/** Jobs in as JSON lines, answers out as JSON lines in the same order; nothing else reaches standard output. */
public final class Runner {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final int WORKERS = 2;
    /** Marks the end of the queue. */
    private static final Future<String> END = java.util.concurrent.CompletableFuture.completedFuture(null);
    /** Sinks of the `values` connector are known by name in the whole JVM, so a job that looks at one runs alone. */
    private static final ReadWriteLock SINKS = new ReentrantReadWriteLock(true);

    private Runner() {}

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        System.setOut(System.err);
        boolean distinct = List.of(args).contains("--distinct");
        ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
        BlockingQueue<Future<String>> answers = new LinkedBlockingQueue<>(64);
        Thread printer = new Thread(() -> {
            try {
                for (Future<String> next = answers.take(); next != END; next = answers.take()) {
                    out.println(next.get());
                    out.flush();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        printer.start();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (!line.isBlank()) {
                String job = line;
                answers.put(workers.submit(() -> answer(job, distinct)));
            }
        }
        answers.put(END);
        printer.join();
        System.exit(0);
    }

    private static String answer(String line, boolean distinct) throws Exception {
        ObjectNode answer = JSON.createObjectNode();
        long start = System.nanoTime();
        try {
            JsonNode job = JSON.readTree(line);
            answer.set("id", job.path("id"));
            boolean alone = job.path("compare").asText().startsWith("sink:") || line.contains("INSERT");
            var lock = alone ? SINKS.writeLock() : SINKS.readLock();
            lock.lock();
            try {
                if (alone) {
                    TestValuesTableFactory.clearAllData();
                }
                dispatch(job, answer, distinct);
            } finally {
                lock.unlock();
            }
        } catch (Throwable t) {
            answer.put("outcome", "harness-error").put("ok", false).put("detail", chain(t)).put("error", chain(t));
        }
        answer.put("ms", (System.nanoTime() - start) / 1_000_000);
        return JSON.writeValueAsString(answer);
    }

    private static void dispatch(JsonNode job, ObjectNode answer, boolean distinct) {
        try {
            switch (job.path("op").asText("equation")) {
                case "equation" -> Equation.run(job, answer, distinct);
                case "parse" -> Questions.parse(job, answer);
                case "plan" -> Questions.plan(job, answer);
                case "eval" -> Questions.eval(job, answer);
                case "execute" -> Questions.execute(job, answer);
                default -> throw new IllegalArgumentException("op " + job.path("op"));
            }
            answer.put("ok", true);
        } catch (Throwable t) {
            answer.put("ok", false).put("error", chain(t));
        }
    }

    /** The messages of an error and its causes on one line: Flink's own reason is usually the last. */
    static String chain(Throwable error) {
        List<String> parts = new ArrayList<>();
        for (Throwable t = error; t != null && parts.size() < 12; t = t.getCause()) {
            String text = t.getClass().getSimpleName() + ": " + t.getMessage();
            String part = (text.length() > 500 ? text.substring(0, 500) : text).replace('\n', ' ');
            if (parts.isEmpty() || !parts.get(parts.size() - 1).equals(part)) {
                parts.add(part);
            }
        }
        return String.join(" <- ", parts);
    }
}
