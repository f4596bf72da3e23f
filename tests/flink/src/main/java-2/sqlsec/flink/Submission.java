package sqlsec.flink;

import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.dag.Pipeline;
import org.apache.flink.client.deployment.executors.PipelineExecutorUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.api.common.JobSubmissionResult;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.streaming.api.graph.StreamGraph;

/** A pipeline on its way to the mini cluster, as Flink 2 sends it: as a stream graph. */
final class Submission {
    private Submission() {}

    static CompletableFuture<JobSubmissionResult> submit(MiniCluster cluster, Pipeline pipeline, Configuration conf, ClassLoader loader) throws Exception {
        StreamGraph graph = PipelineExecutorUtils.getStreamGraph(pipeline, conf);
        graph.serializeUserDefinedInstances();
        return cluster.submitJob(graph);
    }
}
