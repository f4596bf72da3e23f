package sqlsec.flink;

import java.time.Duration;
import org.apache.flink.client.deployment.executors.PipelineExecutorUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.PipelineExecutor;
import org.apache.flink.core.execution.PipelineExecutorFactory;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;
import org.apache.flink.streaming.api.graph.StreamGraph;

/** Sends every job to one mini cluster that lives as long as the JVM: starting one a job would take most of the suite's time. */
public final class Cluster implements PipelineExecutorFactory {
    static final String TARGET = "sqlsec-tests";
    private static final int SLOTS = 48;
    private static MiniCluster running;

    private static synchronized MiniCluster running() throws Exception {
        if (running == null || !running.isRunning()) {
            Configuration conf = new Configuration();
            // A slot's share must feed the thirty sorts and hash tables of a TPC-DS plan. It is taken from the machine only when it is used.
            conf.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(SLOTS * 64L));
            // Both ends live in this JVM: a pause of a busy machine is no lost worker.
            conf.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, Duration.ofMinutes(10));
            conf.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(256));
            conf.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(256));
            running = new MiniCluster(new MiniClusterConfiguration.Builder()
                    .setConfiguration(conf)
                    .setNumTaskManagers(1)
                    .setNumSlotsPerTaskManager(SLOTS)
                    .withRandomPorts()
                    .build());
            running.start();
        }
        return running;
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
            StreamGraph graph = PipelineExecutorUtils.getStreamGraph(pipeline, conf);
            graph.serializeUserDefinedInstances();
            MiniCluster cluster = running();
            return cluster.submitJob(graph).thenApply(sent -> (JobClient) new MiniClusterJobClient(
                    sent.getJobID(), cluster, loader, MiniClusterJobClient.JobFinalizationBehavior.NOTHING));
        };
    }
}
