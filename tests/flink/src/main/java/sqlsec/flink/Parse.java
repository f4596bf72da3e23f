package sqlsec.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.calcite.config.Lex;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDelete;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlInsert;
import org.apache.calcite.sql.SqlJoin;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlMatchRecognize;
import org.apache.calcite.sql.SqlMerge;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlPivot;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.SqlSnapshot;
import org.apache.calcite.sql.SqlTableRef;
import org.apache.calcite.sql.SqlUnpivot;
import org.apache.calcite.sql.SqlUpdate;
import org.apache.calcite.sql.SqlWith;
import org.apache.calcite.sql.SqlWithItem;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.flink.sql.parser.impl.FlinkSqlParserImpl;
import org.apache.flink.sql.parser.validate.FlinkSqlConformance;

/** What Flink's own parser says of a text: how many statements, of what kind, and which tables they read and write by their trees. */
final class Parse {
    /** As the planner sets its parser up. */
    private static final SqlParser.Config PARSER = SqlParser.config()
            .withParserFactory(FlinkSqlParserImpl.FACTORY)
            .withConformance(FlinkSqlConformance.DEFAULT)
            .withLex(Lex.JAVA)
            .withIdentifierMaxLength(256);

    private final List<List<String>> reads = new ArrayList<>();
    private final List<List<String>> writes = new ArrayList<>();
    /** The common table expressions that are visible: they shadow one-part names. */
    private final Deque<String> scope = new ArrayDeque<>();

    private Parse() {}

    static void run(JsonNode job, ObjectNode answer) throws Exception {
        SqlNodeList list = SqlParser.create(job.get("sql").asText(), PARSER).parseStmtList();
        answer.put("statements", list.size());
        answer.put("kind", list.get(0).getClass().getSimpleName());
        Parse tables = new Parse();
        try {
            for (SqlNode statement : list) {
                tables.expression(statement);
            }
        } catch (RuntimeException opaque) {
            // Some of Flink's nodes cannot list their operands; none of those holds a query.
            return;
        }
        answer.set("reads", names(tables.reads));
        answer.set("writes", names(tables.writes));
    }

    private static ArrayNode names(List<List<String>> names) {
        return Runner.JSON.valueToTree(names);
    }

    /** A node in FROM: a name is a table. */
    private void relation(SqlNode node) {
        if (node instanceof SqlIdentifier name) {
            if (name.names.size() > 1 || !scope.contains(name.getSimple())) {
                reads.add(name.names);
            }
            return;
        }
        if (node instanceof SqlJoin join) {
            relation(join.getLeft());
            relation(join.getRight());
            expression(join.getCondition());
        } else if (node instanceof SqlTableRef table) {
            relation(table.operand(0));
        } else if (node instanceof SqlSnapshot snapshot) {
            relation(snapshot.getTableRef());
            expression(snapshot.getPeriod());
        } else if (node instanceof SqlMatchRecognize || node instanceof SqlPivot || node instanceof SqlUnpivot) {
            expression(node);
        } else if (node instanceof SqlCall call) {
            switch (call.getKind()) {
                case AS, TABLESAMPLE, EXTEND, LATERAL -> relation(call.operand(0));
                default -> expression(call);
            }
        } else {
            expression(node);
        }
    }

    /** A node anywhere else: a name is a column, but queries may hide. */
    private void expression(SqlNode node) {
        if (node instanceof SqlNodeList list) {
            list.forEach(this::expression);
        } else if (node instanceof SqlSelect select) {
            select(select);
        } else if (node instanceof SqlWith with) {
            int outer = scope.size();
            for (SqlNode item : with.withList) {
                SqlWithItem cte = (SqlWithItem) item;
                String name = cte.name.getSimple();
                if (recursive(cte)) {
                    scope.push(name);
                }
                expression(cte.query);
                scope.push(name);
            }
            expression(with.body);
            while (scope.size() > outer) {
                scope.pop();
            }
        } else if (node instanceof SqlMatchRecognize pattern) {
            relation(pattern.getTableRef());
            pattern.getOperandList().stream().skip(1).forEach(this::expression);
        } else if (node instanceof SqlPivot pivot) {
            relation(pivot.query);
            pivot.getOperandList().stream().skip(1).forEach(this::expression);
        } else if (node instanceof SqlUnpivot unpivot) {
            relation(unpivot.query);
        } else if (node instanceof SqlInsert insert) {
            writes.add(target(insert.getTargetTable()));
            expression(insert.getSource());
        } else if (node instanceof SqlUpdate update) {
            writes.add(target(update.getTargetTable()));
            expression(update.getSourceExpressionList());
            expression(update.getCondition());
        } else if (node instanceof SqlDelete delete) {
            writes.add(target(delete.getTargetTable()));
            expression(delete.getCondition());
        } else if (node instanceof SqlMerge merge) {
            writes.add(target(merge.getTargetTable()));
            relation(merge.getSourceTableRef());
        } else if (node instanceof SqlCall call) {
            call(call);
        }
    }

    /** The word RECURSIVE, which the tree of Flink 1 has not. */
    private static boolean recursive(SqlWithItem cte) {
        try {
            return ((SqlLiteral) SqlWithItem.class.getField("recursive").get(cte)).booleanValue();
        } catch (ReflectiveOperationException older) {
            return false;
        }
    }

    private void call(SqlCall call) {
        switch (call.getKind()) {
            case EXPLICIT_TABLE -> relation(call.operand(0));
            case JOIN, SNAPSHOT, TABLE_REF, TABLESAMPLE, LATERAL, EXTEND -> relation(call);
            default -> {
                if (made(call) instanceof SqlIdentifier name) {
                    writes.add(name.names);
                }
                call.getOperandList().forEach(this::expression);
            }
        }
    }

    /** The table that a statement with a query makes or empties: by the names of its class, which differ between versions of Flink. */
    private static SqlNode made(SqlCall call) {
        String kind = call.getClass().getSimpleName();
        boolean writes = kind.equals("SqlTruncateTable")
                || kind.equals("SqlCreateTableAs")
                || kind.equals("SqlReplaceTableAs")
                || kind.equals("SqlCreateMaterializedTable")
                || kind.equals("SqlCreateOrAlterMaterializedTable")
                || kind.equals("SqlAlterMaterializedTableAsQuery");
        return writes ? call.getOperandList().get(0) : null;
    }

    private void select(SqlSelect select) {
        for (SqlNode part : select.getOperandList()) {
            if (part != null && part == select.getFrom()) {
                relation(part);
            } else {
                expression(part);
            }
        }
    }

    private static List<String> target(SqlNode target) {
        if (target instanceof SqlIdentifier name) {
            return name.names;
        }
        return target(((SqlCall) target).operand(0));
    }
}
