package sqlsec.ranger;

import org.apache.ranger.plugin.contextenricher.RangerTagEnricher;
import org.apache.ranger.plugin.util.ServiceTags;

/** Ranger's own finder of tags, fed from the job at hand and not from a server. */
public final class Tags extends RangerTagEnricher {
    /** The tags of the service that is being made; one service is made at a time. */
    static ServiceTags current;

    @Override
    public void init() {
        super.init();
        if (current != null) {
            setServiceTags(current);
        }
    }
}
