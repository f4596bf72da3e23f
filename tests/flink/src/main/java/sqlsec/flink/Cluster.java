package sqlsec.flink;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RpcOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.PipelineExecutor;
import org.apache.flink.core.execution.PipelineExecutorFactory;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;

/** Sends every job to one mini cluster that lives as long as the JVM: starting one a job would take most of the suite's time. */
public final class Cluster implements PipelineExecutorFactory {
    static final String TARGET = "sqlsec-tests";
    private static final int SLOTS = 48;
    private static MiniCluster running;

    private static synchronized MiniCluster running() throws Exception {
        if (running != null && !alive(running)) {
            running.closeAsync();
            running = null;
        }
        if (running == null) {
            Configuration conf = new Configuration();
            // Both ends live in this JVM: a pause of a busy machine is no lost worker.
            conf.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, Duration.ofHours(6));
            conf.set(TaskManagerOptions.REGISTRATION_TIMEOUT, Duration.ofHours(6));
            conf.set(RpcOptions.ASK_TIMEOUT_DURATION, Duration.ofHours(1));
            // A slot's share must feed the eighty sorts and hash tables of TPC-DS's query 64. It is taken from the machine only when it is used.
            conf.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(SLOTS * 256L));
            conf.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(256));
            conf.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(256));
            running = new MiniCluster(new MiniClusterConfiguration.Builder()
                    .setConfiguration(conf)
                    .setNumTaskManagers(1)
                    .setNumSlotsPerTaskManager(SLOTS)
                    .withRandomPorts()
                    .build());
            running.start();
            // Its worker comes a moment later.
            for (int i = 0; i < 600 && !alive(running); i++) {
                Thread.sleep(50);
            }
        }
        return running;
    }

    /** A worker that met a fatal error is gone and nobody replaces it: every later job would wait for its slots in vain. */
    private static boolean alive(MiniCluster cluster) {
        try {
            return cluster.isRunning() && cluster.requestClusterOverview().get(30, TimeUnit.SECONDS).getNumTaskManagersConnected() > 0;
        } catch (Exception e) {
            return false;
        }
    }

    @Override
    public String getName() {
        return TARGET;
    }

    @Override
    public boolean isCompatibleWith(Configuration conf) {
        return TARGET.equals(conf.get(DeploymentOptions.TARGET));
    }

    @Override
    public PipelineExecutor getExecutor(Configuration ignored) {
        return (pipeline, conf, loader) -> {
            MiniCluster cluster = running();
            return Submission.submit(cluster, pipeline, conf, loader).thenApply(sent -> (JobClient) new MiniClusterJobClient(
                    sent.getJobID(), cluster, loader, MiniClusterJobClient.JobFinalizationBehavior.NOTHING));
        };
    }
}
