package sqlsec.ranger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.ranger.plugin.model.RangerPolicy;
import org.apache.ranger.plugin.policyengine.RangerAccessRequestImpl;

/** Each decision by itself, after so many that the compiler has done what it will. */
final class Bench {
    /** What the last decision said: read, so that none can be left out. */
    private static volatile Object last;

    private Bench() {}

    static ObjectNode run(Engine engine, JsonNode job) {
        int type = job.get("bench").asText().equals("access") ? RangerPolicy.POLICY_TYPE_ACCESS : RangerPolicy.POLICY_TYPE_DATAMASK;
        List<JsonNode> written = new ArrayList<>();
        job.get("requests").forEach(written::add);
        int found = 0;
        for (JsonNode one : written) {
            found += engine.decide(Engine.request(one), type).getMaskType() != null ? 1 : 0;
        }
        times(engine, type, written, job.path("warm").asInt(400_000));
        long[] times = times(engine, type, written, job.path("decisions").asInt(200_000));
        Arrays.sort(times);
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.put("masked", found);
        for (int part : new int[] {500, 900, 990, 999}) {
            answer.put("p" + part, times[(int) ((long) times.length * part / 1000)]);
        }
        return answer;
    }

    private static long[] times(Engine engine, int type, List<JsonNode> written, int count) {
        long empty = System.nanoTime();
        for (int at = 0; at < 100_000; at++) {
            last = System.nanoTime();
        }
        long clock = (System.nanoTime() - empty) / 100_000;
        long[] times = new long[count];
        for (int at = 0; at < count; at++) {
            // The request is made outside: only the decision is timed. It is new each time, because the engine keeps what it found in it.
            RangerAccessRequestImpl request = Engine.request(written.get(at % written.size()));
            long start = System.nanoTime();
            last = engine.decide(request, type);
            times[at] = Math.max(0, System.nanoTime() - start - clock);
        }
        return times;
    }
}
