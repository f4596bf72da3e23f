package sqlsec.flink;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.table.api.ExplainDetail;
import org.apache.flink.table.operations.CallProcedureOperation;
import org.apache.flink.table.operations.CompileAndExecutePlanOperation;
import org.apache.flink.table.operations.CreateTableASOperation;
import org.apache.flink.table.operations.DeleteFromFilterOperation;
import org.apache.flink.table.operations.EndStatementSetOperation;
import org.apache.flink.table.operations.ModifyOperation;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.QueryOperation;
import org.apache.flink.table.operations.ReplaceTableAsOperation;
import org.apache.flink.table.operations.StatementSetOperation;
import org.apache.flink.table.operations.TruncateTableOperation;
import org.apache.flink.table.operations.command.AddJarOperation;
import org.apache.flink.table.operations.command.ExecutePlanOperation;
import org.apache.flink.table.operations.command.StopJobOperation;
import org.apache.flink.table.operations.ddl.AnalyzeTableOperation;
import org.apache.flink.table.operations.ddl.CompilePlanOperation;
import org.apache.flink.table.operations.materializedtable.MaterializedTableOperation;

/** Whether Flink plans a statement, without rows flowing or files being written. */
final class Plans {
    private static final Pattern MODE = Pattern.compile("changelogMode=\\[([^\\]]*)\\]");

    private Plans() {}

    /** The plan; empty where a statement has none and was run (DDL) or only validated. */
    static String of(Session session, String sql) throws Exception {
        Operation operation = session.parse(sql);
        if (operation instanceof CreateTableASOperation || operation instanceof ReplaceTableAsOperation) {
            // Its sink exists only within EXPLAIN's own handling.
            session.run("EXPLAIN " + sql);
            return "";
        }
        if (operation instanceof EndStatementSetOperation) {
            return explain(session, session.endOfStatementSet());
        }
        if (operation instanceof StatementSetOperation set) {
            return explain(session, set.getOperations());
        }
        if (operation instanceof CompilePlanOperation compile) {
            return explain(session, List.of(compile.getOperation()));
        }
        if (operation instanceof CompileAndExecutePlanOperation compile) {
            return explain(session, List.of(compile.getOperation()));
        }
        if (validated(operation)) {
            return "";
        }
        if (operation instanceof QueryOperation || operation instanceof ModifyOperation) {
            return explain(session, List.of(operation));
        }
        session.start(operation);
        return "";
    }

    /** The kinds of change that the planner expects of a statement, as in `I,UB,UA`. */
    static String kinds(Session session, String sql) throws Exception {
        Operation operation = session.parse(sql);
        List<? extends Operation> operations = operation instanceof EndStatementSetOperation
                ? session.endOfStatementSet()
                : operation instanceof StatementSetOperation set ? set.getOperations() : List.of(operation);
        List<Operation> all = List.copyOf(operations);
        String plan = ValuesConnector.whilePlanning(() -> session.inner.explainInternal(all, ExplainDetail.CHANGELOG_MODE));
        String physical = plan.substring(plan.indexOf("== Optimized Physical Plan =="), plan.indexOf("== Optimized Execution Plan =="));
        // A sink itself changes nothing; what it gets is the line below it.
        return MODE.matcher(physical).results().map(m -> m.group(1)).filter(m -> !m.equals("NONE")).findFirst().orElse("");
    }

    /** What parsing has validated as far as Flink can without acting. */
    private static boolean validated(Operation operation) {
        return operation instanceof DeleteFromFilterOperation
                || operation instanceof MaterializedTableOperation
                || operation instanceof CallProcedureOperation
                || operation instanceof AnalyzeTableOperation
                || operation instanceof TruncateTableOperation
                || operation instanceof AddJarOperation
                || operation instanceof ExecutePlanOperation
                || operation instanceof StopJobOperation;
    }

    private static String explain(Session session, List<? extends Operation> operations) throws Exception {
        List<Operation> flat = operations.stream()
                .flatMap(o -> o instanceof StatementSetOperation set ? set.getOperations().stream() : Stream.of(o))
                .map(o -> (Operation) o)
                .toList();
        return ValuesConnector.whilePlanning(() -> session.inner.explainInternal(flat));
    }
}
