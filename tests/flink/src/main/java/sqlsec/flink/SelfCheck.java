package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Runs files of jobs that carry their answer in `expect`, field by field: an oracle that calls everything equal proves nothing. */
public final class SelfCheck {
    /** Messages of Flink are long: of these a part is enough. */
    private static final List<String> MESSAGES = List.of("detail", "error", "plan");

    private SelfCheck() {}

    public static void main(String[] files) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err);
        int wrong = 0;
        int all = 0;
        for (String file : files) {
            for (String line : Files.readAllLines(Path.of(file))) {
                if (line.isBlank()) {
                    continue;
                }
                all++;
                JsonNode job = Runner.JSON.readTree(line);
                JsonNode answer = Runner.JSON.readTree(Runner.answer(line, true));
                String difference = difference(job.path("expect"), answer);
                out.println((difference == null ? "ok    " : "WRONG ") + job.path("id").asText() + "  " + answer.path("ms") + " ms");
                if (difference != null) {
                    wrong++;
                    out.println("      " + difference + "\n      " + answer);
                }
            }
        }
        out.println(all + " jobs, " + wrong + " wrong");
        System.exit(wrong == 0 ? 0 : 1);
    }

    private static String difference(JsonNode expected, JsonNode answer) {
        if (!expected.isObject() || expected.isEmpty()) {
            return "nothing is expected of it";
        }
        for (Iterator<Map.Entry<String, JsonNode>> fields = expected.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            JsonNode got = answer.path(field.getKey());
            JsonNode wanted = field.getValue();
            boolean holds = MESSAGES.contains(field.getKey()) ? got.asText().contains(wanted.asText()) : got.equals(wanted);
            if (!holds) {
                return field.getKey() + " should be " + wanted;
            }
        }
        return null;
    }
}
