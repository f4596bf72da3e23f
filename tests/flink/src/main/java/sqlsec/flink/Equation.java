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
        Side submitted = Side.remembered(job, "submitted", Side.View.KINDS_KEPT);
        Side rewritten = Side.of(job, "rewritten", Side.View.RAW);
        Result agreed = new Equation(job).judge(submitted, rewritten, answer);
        show(agreed == null ? submitted.result : agreed, "submitted", answer);
        show(rewritten.result, "rewritten", answer);
        if (distinct && submitted.result != null) {
            Side raw = Side.remembered(job, "submitted", Side.View.RAW);
            if (raw.result != null) {
                answer.put("rows_raw", raw.result.rows.size());
                answer.put("indistinct", raw.result.rows.equals(submitted.result.rows));
            }
        }
    }

    private static void show(Result result, String side, ObjectNode answer) {
        if (result != null) {
            answer.put("rows_" + side, result.rows.size());
            answer.set("types_" + side, Runner.JSON.valueToTree(result.types));
            answer.set("sample_" + side, Runner.JSON.valueToTree(result.rows.subList(0, Math.min(result.rows.size(), 10))));
        }
    }

    /** Puts the outcome; gives the submitted script's result that the rewritten one's is equal to, or null. */
    private Result judge(Side submitted, Side rewritten, ObjectNode answer) {
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
            Result agreed = difference == null ? submitted.result : otherForm(submitted.result, rewritten.result);
            answer.put("outcome", agreed == null ? "unequal" : "equal");
            if (agreed == null) {
                answer.put("detail", difference);
            }
            return agreed;
        }
        return null;
    }

    private Result otherForm(Result submitted, Result rewritten) {
        if (!streaming || compare.equals("changelog") || !submitted.types.equals(rewritten.types)) {
            return null;
        }
        Result paired = paired(rewritten);
        return paired == null ? aggregateOfNothing(submitted, rewritten) : paired;
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
    private Result paired(Result rewritten) {
        if (!Side.hasUnpairedUpdates(job)) {
            return null;
        }
        Result paired = Side.remembered(job, "submitted", Side.View.PAIRED).result;
        boolean agrees = paired != null
                && paired.types.equals(rewritten.types)
                && paired.rows.equals(rewritten.rows)
                && (paired.directions().equals(rewritten.directions()) || plannedAlike());
        return agrees ? paired : null;
    }

    /**
     * A stream's aggregate over no rows is no row, but where the planner proves that there are none it puts the aggregate of nothing in its place.
     * One side may be proved and the other not; the row is right if batch, which always gives it, gives the same on policy(D).
     */
    private Result aggregateOfNothing(Result submitted, Result rewritten) {
        if (!submitted.rows.isEmpty() || rewritten.rows.size() != 1) {
            return null;
        }
        ObjectNode batch = job.deepCopy();
        Result answer = Side.of(batch.put("mode", "batch"), "submitted", Side.View.KINDS_KEPT).result;
        return answer != null && answer.rows.equals(rewritten.rows) ? submitted : null;
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
}
