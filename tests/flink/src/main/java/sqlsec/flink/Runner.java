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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/** Jobs in as JSON lines, answers out as JSON lines in the same order; nothing else reaches standard output. */
public final class Runner {
    static final ObjectMapper JSON = new ObjectMapper();
    /** More than cores: a job spends half of its time waiting for the cluster's next poll. */
    private static final int WORKERS = Integer.getInteger("sqlsec.workers", 3);
    /** What does not answer within this hangs in the planner, where no time limit of a statement reaches. */
    private static final long HANGS_AFTER_SECONDS = 600;
    /** Sinks of the `values` connector are known by name in the whole JVM, so jobs that write take turns. */
    private static final ReentrantLock SINKS = new ReentrantLock(true);
    private static final Pattern WRITES = Pattern.compile("(?i)\\b(INSERT|UPSERT|REPLACE|UPDATE|DELETE|CREATE\\s+TABLE)\\b");

    private record Job(String line, Future<String> answer) {}

    private static final Job END = new Job(null, null);

    private Runner() {}

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        System.setOut(System.err);
        boolean distinct = List.of(args).contains("--distinct") || System.getenv("SQLSEC_DISTINCT") != null;
        ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
        BlockingQueue<Job> jobs = new LinkedBlockingQueue<>(64);
        Thread printer = new Thread(() -> print(jobs, out), "printer");
        printer.start();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (!line.isBlank()) {
                String job = line;
                jobs.put(new Job(job, workers.submit(() -> answer(job, distinct))));
            }
        }
        jobs.put(END);
        printer.join();
        // The cluster's threads would keep the JVM.
        System.exit(0);
    }

    private static void print(BlockingQueue<Job> jobs, PrintStream out) {
        try {
            for (Job next = jobs.take(); next != END; next = jobs.take()) {
                out.println(answerOf(next));
                out.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Every job gets an answer, whatever became of it: a caller that counts answers would wait for ever. */
    private static String answerOf(Job job) throws InterruptedException {
        try {
            return job.answer.get(HANGS_AFTER_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            job.answer.cancel(true);
            return fault(job.line, "no answer within " + HANGS_AFTER_SECONDS + " s");
        } catch (java.util.concurrent.ExecutionException e) {
            return fault(job.line, chain(e.getCause()));
        }
    }

    private static String fault(String line, String detail) {
        ObjectNode answer = JSON.createObjectNode();
        try {
            answer.set("id", JSON.readTree(line).path("id"));
        } catch (Exception unreadable) {
            answer.putNull("id");
        }
        return answer.put("ok", false).put("outcome", "harness-error").put("detail", detail).put("error", detail).toString();
    }

    static String answer(String line, boolean distinct) throws Exception {
        JsonNode job = JSON.readTree(line);
        ObjectNode answer = JSON.createObjectNode();
        answer.set("id", job.path("id"));
        boolean writes = writes(job);
        if (writes) {
            SINKS.lock();
        }
        long start = System.nanoTime();
        try {
            dispatch(job, answer, distinct);
            answer.put("ok", true);
        } catch (Throwable t) {
            answer.put("ok", false).put("error", chain(t));
        } finally {
            if (writes) {
                SINKS.unlock();
            }
        }
        answer.put("ms", (System.nanoTime() - start) / 1_000_000);
        return JSON.writeValueAsString(answer);
    }

    /** Whether a statement of the job may write to a sink. */
    static boolean writes(JsonNode job) {
        return job.path("compare").asText().startsWith("sink:")
                || WRITES.matcher(job.path("sql").asText()).find()
                || List.of("submitted", "rewritten", "catalog", "setup").stream()
                        .flatMap(field -> Session.texts(job.path(field)).stream())
                        .anyMatch(statement -> WRITES.matcher(statement).find());
    }

    private static void dispatch(JsonNode job, ObjectNode answer, boolean distinct) throws Exception {
        switch (job.path("op").asText("equation")) {
            case "equation" -> Equation.run(job, answer, distinct);
            case "parse" -> Parse.run(job, answer);
            case "plan" -> Questions.plan(job, answer);
            case "eval" -> Questions.eval(job, answer);
            case "execute" -> Questions.execute(job, answer);
            default -> throw new HarnessException("op " + job.path("op"));
        }
    }

    /** The messages of an error and its causes on one line: Flink's own reason is usually the last. */
    static String chain(Throwable error) {
        List<String> parts = new ArrayList<>();
        for (Throwable t = error; t != null && parts.size() < 24; t = t.getCause()) {
            String text = t.getClass().getSimpleName() + ": " + t.getMessage();
            String part = (text.length() > 500 ? text.substring(0, 500) : text).replaceAll("\\s+", " ");
            if (parts.isEmpty() || !parts.get(parts.size() - 1).equals(part)) {
                parts.add(part);
            }
        }
        return String.join(" <- ", parts);
    }
}
