package sqlsec.flink;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.apache.flink.table.planner.factories.TestValuesTableFactory;
import org.apache.flink.types.Row;

/** The one way to the static state of the `values` connector: rows that its tables read, and rows that its sinks got. */
final class ValuesConnector {
    /**
     * The connector keeps rows in a plain HashMap. A planner that reads it while it grows may miss an entry and then plans over no rows at all, so
     * planning holds the read side and registering the write side.
     */
    private static final ReadWriteLock ROWS = new ReentrantReadWriteLock();
    /** Content to id: worlds are few, and what is never registered twice need not be forgotten. */
    private static final Map<String, String> IDS = new ConcurrentHashMap<>();

    private static final String RESULTS = "org.apache.flink.table.planner.factories.TestValuesRuntimeFunctions";

    private ValuesConnector() {}

    /** The value for `data-id` under which tables find the rows. The key stands for their content. */
    static String register(String key, Supplier<List<Row>> rows) {
        String known = IDS.get(key);
        if (known != null) {
            return known;
        }
        List<Row> made = rows.get();
        ROWS.writeLock().lock();
        try {
            return IDS.computeIfAbsent(key, k -> TestValuesTableFactory.registerData(made));
        } finally {
            ROWS.writeLock().unlock();
        }
    }

    static <T> T whilePlanning(Callable<T> planning) throws Exception {
        ROWS.readLock().lock();
        try {
            return planning.call();
        } finally {
            ROWS.readLock().unlock();
        }
    }

    /** Forgets what sinks got. Without it an upsert sink starts from the rows that an earlier script left under the same name. */
    static void clearSinks() throws ReflectiveOperationException {
        Method clear = Class.forName(RESULTS).getDeclaredMethod("clearResults");
        clear.setAccessible(true);
        clear.invoke(null);
    }

    /** The sinks that a job has opened since `clearSinks`, with or without rows. */
    static TreeSet<String> sinks() throws ReflectiveOperationException {
        Field raw = Class.forName(RESULTS).getDeclaredField("globalRawResult");
        raw.setAccessible(true);
        TreeSet<String> names = new TreeSet<>();
        ((Map<?, ?>) raw.get(null)).keySet().forEach(name -> names.add((String) name));
        return names;
    }
}
