package sqlsec.ranger;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.ranger.authorization.hadoop.config.RangerPluginConfig;
import org.apache.ranger.plugin.model.RangerPolicy;
import org.apache.ranger.plugin.model.RangerServiceDef;
import org.apache.ranger.plugin.policyengine.RangerAccessRequest;
import org.apache.ranger.plugin.policyengine.RangerAccessRequestImpl;
import org.apache.ranger.plugin.policyengine.RangerAccessResourceImpl;
import org.apache.ranger.plugin.policyengine.RangerAccessResult;
import org.apache.ranger.plugin.policyengine.RangerPluginContext;
import org.apache.ranger.plugin.policyengine.RangerPolicyEngineImpl;
import org.apache.ranger.plugin.policyengine.RangerPolicyEngineOptions;
import org.apache.ranger.plugin.util.RangerRoles;
import org.apache.ranger.plugin.util.ServicePolicies;
import org.apache.ranger.plugin.util.ServiceTags;

/** Ranger's engine over the documents of one job. */
final class Engine {
    static final ObjectMapper JSON = new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    private static long made;
    private final RangerPolicyEngineImpl engine;

    Engine(JsonNode documents) throws Exception {
        ServicePolicies policies = JSON.treeToValue(documents.get("policies"), ServicePolicies.class);
        // Ranger keeps what it worked out of a definition by its name and the time of its last change.
        policies.getServiceDef().setUpdateTime(new Date(++made));
        RangerRoles roles = documents.hasNonNull("roles") ? JSON.treeToValue(documents.get("roles"), RangerRoles.class) : new RangerRoles();
        Tags.current = documents.hasNonNull("tags") ? JSON.treeToValue(documents.get("tags"), ServiceTags.class) : null;
        if (policies.getTagPolicies() != null) {
            Map<String, String> options = new HashMap<>();
            policies.getTagPolicies().getServiceDef().setContextEnrichers(
                    List.of(new RangerServiceDef.RangerContextEnricherDef(1L, "tags", Tags.class.getName(), options)));
        }
        RangerPolicyEngineOptions options = new RangerPolicyEngineOptions();
        // Else two policies with one value share the matcher that was made first, also where one is a mask and its levels have other options.
        options.enableResourceMatcherReuse = false;
        RangerPluginConfig config = new RangerPluginConfig(
                policies.getServiceDef().getName(), policies.getServiceName(), "test", null, null, options);
        engine = new RangerPolicyEngineImpl(policies, new RangerPluginContext(config), roles);
    }

    /** A request as a plug-in makes it; one for each question, because the engine writes into its context. */
    static RangerAccessRequestImpl request(JsonNode written) {
        Map<String, Object> elements = new HashMap<>();
        written.get("resource").fields().forEachRemaining(level -> elements.put(level.getKey(), level.getValue().asText()));
        RangerAccessResourceImpl resource = new RangerAccessResourceImpl(elements, written.path("owner").asText(null));
        RangerAccessRequestImpl request = new RangerAccessRequestImpl(
                resource, written.path("access").asText(), written.path("user").asText(), strings(written.path("groups")), null);
        request.setAccessTime(new Date(written.path("at").asLong()));
        if (written.path("descendants").asBoolean()) {
            request.setResourceMatchingScope(RangerAccessRequest.ResourceMatchingScope.SELF_OR_DESCENDANTS);
        }
        if (written.path("heed").asBoolean()) {
            request.setIgnoreDescendantDeny(false);
        }
        if (written.hasNonNull("ip")) {
            request.setClientIPAddress(written.get("ip").asText());
        }
        Map<String, Object> context = new HashMap<>();
        written.path("context").fields().forEachRemaining(value -> context.put(value.getKey(), value.getValue().asText()));
        request.setContext(context);
        return request;
    }

    RangerAccessResult decide(RangerAccessRequest request, int type) {
        return engine.evaluatePolicies(request, type, null);
    }

    /** `[[allowed, policy], [mask type, value, policy], [filter, policy]]`, or what was thrown in place of an answer. */
    ArrayNode answer(JsonNode written) {
        ArrayNode answer = JsonNodeFactory.instance.arrayNode();
        answer.add(caught(() -> {
            RangerAccessResult result = decide(request(written), RangerPolicy.POLICY_TYPE_ACCESS);
            return array().add(result.getIsAllowed()).add(result.getPolicyId());
        }));
        answer.add(caught(() -> {
            RangerAccessResult result = decide(request(written), RangerPolicy.POLICY_TYPE_DATAMASK);
            return array().add(result.getMaskType()).add(result.getMaskedValue()).add(result.getMaskType() == null ? -1 : result.getPolicyId());
        }));
        answer.add(caught(() -> {
            RangerAccessResult result = decide(request(written), RangerPolicy.POLICY_TYPE_ROWFILTER);
            return array().add(result.getFilterExpr()).add(result.getFilterExpr() == null ? -1 : result.getPolicyId());
        }));
        return answer;
    }

    private interface Question {
        ArrayNode ask() throws Exception;
    }

    private static JsonNode caught(Question question) {
        try {
            return question.ask();
        } catch (Exception e) {
            return JsonNodeFactory.instance.textNode(e.toString());
        }
    }

    private static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    static Set<String> strings(JsonNode list) {
        List<String> all = new ArrayList<>();
        list.forEach(one -> all.add(one.asText()));
        return new HashSet<>(all);
    }
}
