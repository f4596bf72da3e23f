package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** The secure-view equation: the submitted script on policy(D) against the rewritten script on D. */
final class Equation {
    /** Two runs of one script over two sources may differ in their changelogs: so many runs have the chance to agree. */
    private static final int ATTEMPTS = 3;

    private final JsonNode job;
    private final String compare;
    private final boolean streaming;

    private Equation(JsonNode job) {
        this.job = job;
        this.compare = job.path("compare").asText("rows");
        this.streaming = !job.path("mode").asText().equals("batch");
    }

    static void run(JsonNode job, ObjectNode answer, boolean distinct) {
        Equation equation = new Equation(job);
        Side submitted = Side.remembered(job, "submitted", Side.View.KINDS_KEPT);
        Side rewritten = Side.of(job, "rewritten", Side.View.RAW);
        equation.judge(submitted, rewritten, answer);
        if (submitted.result != null) {
            answer.put("rows_submitted", submitted.result.rows.size());
            answer.set("types_submitted", Runner.JSON.valueToTree(submitted.result.types));
            answer.set("sample_submitted", Runner.JSON.valueToTree(first(submitted.result.rows)));
        }
        if (rewritten.result != null) {
            answer.put("rows_rewritten", rewritten.result.rows.size());
            answer.set("types_rewritten", Runner.JSON.valueToTree(rewritten.result.types));
            answer.set("sample_rewritten", Runner.JSON.valueToTree(first(rewritten.result.rows)));
        }
        if (distinct && submitted.result != null) {
            Side raw = Side.remembered(job, "submitted", Side.View.RAW);
            if (raw.result != null) {
                answer.put("rows_raw", raw.result.rows.size());
                answer.put("indistinct", raw.result.rows.equals(submitted.result.rows));
            }
        }
    }

    private void judge(Side submitted, Side rewritten, ObjectNode answer) {
        if (submitted.fault || rewritten.fault) {
            answer.put("outcome", "harness-error").put("detail", submitted.fault ? submitted.error : rewritten.error);
        } else if (submitted.error != null && rewritten.error != null) {
            answer.put("outcome", "both-refused").put("detail", submitted.error + " // " + rewritten.error);
        } else if (submitted.error != null) {
            answer.put("outcome", "submitted-refused").put("detail", submitted.error);
        } else if (rewritten.error != null) {
            answer.put("outcome", "rewritten-refused").put("detail", rewritten.error);
        } else {
            answer.put("types_equal", submitted.result.types.equals(rewritten.result.types));
            String difference = difference(submitted.result, rewritten.result);
            answer.put("outcome", difference == null || pairedAgrees(rewritten.result) ? "equal" : "unequal");
            if (answer.get("outcome").asText().equals("unequal")) {
                answer.put("detail", difference);
            }
        }
    }

    private String difference(Result submitted, Result rewritten) {
        if (!submitted.types.equals(rewritten.types)) {
            return "types";
        }
        if (!submitted.rows.equals(rewritten.rows)) {
            return "rows";
        }
        if (compare.equals("changelog")) {
            return submitted.changelog.equals(rewritten.changelog) || anotherRunAgrees(submitted, rewritten) ? null : "changelog";
        }
        if (streaming && !submitted.kinds().equals(rewritten.kinds()) && !plannedAlike()) {
            return "row kinds " + submitted.kinds() + " and " + rewritten.kinds();
        }
        return null;
    }

    /** The other form of policy(D); its kinds are not those of the rows, so only directions are compared. */
    private boolean pairedAgrees(Result rewritten) {
        try {
            if (!streaming || compare.equals("changelog") || !Side.hasUnpairedUpdates(job)) {
                return false;
            }
        } catch (Exception e) {
            return false;
        }
        Result paired = Side.remembered(job, "submitted", Side.View.PAIRED).result;
        return paired != null
                && paired.types.equals(rewritten.types)
                && paired.rows.equals(rewritten.rows)
                && (paired.directions().equals(rewritten.directions()) || plannedAlike());
    }

    /**
     * Kinds that were seen may differ for no fault of the rewriter: which of two sources comes first is a race, and a LEFT JOIN retracts only if its
     * right side is late; an update that a mask makes a change of nothing is dropped if it is masked before it is normalised. Then the kinds that the
     * planner expects have to agree.
     */
    private boolean plannedAlike() {
        String submitted = Side.plannedKinds(job, "submitted", Side.View.KINDS_KEPT);
        return submitted != null && submitted.equals(Side.plannedKinds(job, "rewritten", Side.View.RAW));
    }

    private boolean anotherRunAgrees(Result submitted, Result rewritten) {
        List<Result> left = new ArrayList<>(List.of(submitted));
        List<Result> right = new ArrayList<>(List.of(rewritten));
        for (int attempt = 1; attempt < ATTEMPTS && streaming; attempt++) {
            Side one = Side.of(job, "submitted", Side.View.KINDS_KEPT);
            Side other = Side.of(job, "rewritten", Side.View.RAW);
            if (one.result == null || other.result == null) {
                return false;
            }
            left.add(one.result);
            right.add(other.result);
            if (left.stream().anyMatch(l -> right.stream().anyMatch(r -> l.rows.equals(r.rows) && l.changelog.equals(r.changelog)))) {
                return true;
            }
        }
        return false;
    }

    private static List<String> first(List<String> rows) {
        return rows.subList(0, Math.min(rows.size(), 10));
    }
}
