package sqlsec.ranger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Jobs as JSON lines in, answers as JSON lines out: README.md has their form. */
public final class Runner {
    private Runner() {}

    public static void main(String[] args) throws Exception {
        // Libraries print what they like: the answers have the standard output for themselves.
        PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        System.setOut(System.err);
        BufferedReader jobs = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = jobs.readLine(); line != null; line = jobs.readLine()) {
            answers.println(answer(Engine.JSON.readTree(line)));
            answers.flush();
        }
    }

    private static ObjectNode answer(JsonNode job) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        try {
            if (job.has("bench")) {
                answer.set("bench", Bench.run(new Engine(job.get("documents")), job));
            } else {
                // An engine for each request: what Ranger has seen before changes what it decides (docs/ranger.md).
                ArrayNode answers = answer.putArray("answers");
                for (JsonNode request : job.get("requests")) {
                    answers.add(new Engine(job.get("documents")).answer(request));
                }
            }
        } catch (Exception | LinkageError e) {
            answer.put("error", e.toString());
        }
        return answer;
    }
}
