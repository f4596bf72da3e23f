package sqlsec.flink;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.operations.BeginStatementSetOperation;
import org.apache.flink.table.operations.EndStatementSetOperation;
import org.apache.flink.table.operations.ExplainOperation;
import org.apache.flink.table.operations.ModifyOperation;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.QueryOperation;
import org.apache.flink.table.operations.StatementSetOperation;
import org.apache.flink.table.planner.factories.TestValuesTableFactory;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;

/** What a script came to: the columns that are looked at, the changelog, and the rows that remain when it is applied. */
final class Result {
    /** `name TYPE` a column. */
    final List<String> types = new ArrayList<>();
    /** In the order of arrival, each with its kind. */
    final List<Row> arrived = new ArrayList<>();
    /** `arrived` as exact texts, sorted. */
    final List<String> changelog = new ArrayList<>();
    /** Exact texts, sorted. */
    final List<String> rows = new ArrayList<>();

    /** Runs a script; its last statement, or the sink that `compare` names, is what is looked at. */
    static Result of(Session session, List<String> statements, String compare) throws Exception {
        for (String statement : statements.subList(0, statements.size() - 1)) {
            session.run(statement);
        }
        String last = statements.get(statements.size() - 1);
        Result result = new Result();
        if (compare.equals("plan")) {
            Plans.of(session, last);
        } else if (compare.startsWith("sink:")) {
            session.run(last);
            result.sink(session, compare.substring("sink:".length()));
        } else {
            result.last(session, session.parse(last));
        }
        Collections.sort(result.changelog);
        Collections.sort(result.rows);
        return result;
    }

    private void last(Session session, Operation operation) throws Exception {
        if (operation instanceof ExplainOperation) {
            // The plan text names masks and filters, so the two sides never agree on it: that it plans is all.
            session.start(operation);
            return;
        }
        TableResult table = session.start(operation);
        if (table == null) {
            return;
        }
        boolean writes = operation instanceof ModifyOperation
                || operation instanceof StatementSetOperation
                || operation instanceof EndStatementSetOperation;
        List<Row> got = session.finish(table);
        if (writes) {
            // The result is only a count; what was written says more.
            for (String sink : ValuesConnector.sinks()) {
                sink(session, sink);
            }
            return;
        }
        columns("", table.getResolvedSchema());
        if (!(operation instanceof QueryOperation)) {
            got.forEach(row -> withoutIds(session, row));
        }
        add("", got);
    }

    private static void withoutIds(Session session, Row row) {
        for (int i = 0; i < row.getArity(); i++) {
            if (row.getField(i) instanceof String text) {
                row.setField(i, session.unfill(text));
            }
        }
    }

    private void columns(String prefix, ResolvedSchema schema) {
        for (Column column : schema.getColumns()) {
            types.add(prefix + column.getName() + " " + column.getDataType().getLogicalType());
        }
    }

    /** Applies a changelog as a bag: an update is a row out and a row in. */
    private void add(String prefix, List<Row> got) {
        Map<String, Integer> bag = new TreeMap<>();
        for (Row row : got) {
            String text = prefix + ExactText.columns(row);
            boolean adds = row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER;
            arrived.add(row);
            changelog.add(row.getKind().shortString() + text);
            bag.merge(text, adds ? 1 : -1, Integer::sum);
        }
        bag.forEach((text, count) -> rows.addAll(Collections.nCopies(Math.abs(count), count > 0 ? text : "MISSING " + text)));
    }

    private void sink(Session session, String name) throws Exception {
        if (!ValuesConnector.sinks().contains(name)) {
            throw new HarnessException("no job has written to the sink " + name);
        }
        String prefix = name + " ";
        try {
            columns(prefix, session.env.from("`" + name + "`").getResolvedSchema());
        } catch (ValidationException elsewhere) {
            // A sink of another database has no columns to compare under its short name; its rows still count.
        }
        for (Row row : TestValuesTableFactory.getRawResults(name)) {
            arrived.add(row);
            changelog.add(row.getKind().shortString() + prefix + ExactText.columns(row));
        }
        // The connector applies upserts by key, which a bag cannot.
        TestValuesTableFactory.getResults(name).forEach(row -> rows.add(prefix + ExactText.columns(row)));
    }

    /** Whether rows come, and whether they go: an update is both. */
    TreeSet<String> directions() {
        TreeSet<String> directions = new TreeSet<>();
        kinds().forEach(kind -> directions.add(kind.substring(0, 1)));
        return directions;
    }

    /** The kinds of row that were seen. */
    TreeSet<String> kinds() {
        TreeSet<String> kinds = new TreeSet<>();
        arrived.forEach(row -> kinds.add(row.getKind().shortString()));
        return kinds;
    }
}
