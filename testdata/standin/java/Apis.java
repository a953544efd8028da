package standin;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The APIs of a deployment: an all-in-one has them, a gateway fetches and deploys them. All are of version 1.0.0. */
final class Apis {
    private static final String VERSION = "1.0.0";

    private final Settings settings;
    private final Faults faults;
    private final Set<String> deployed = new TreeSet<>();
    private List<String> names;

    Apis(Settings settings, Faults faults) {
        this.settings = settings;
        this.faults = faults;
        names = settings.gateway ? List.of() : split(faults.text("apis", "PizzaShackAPI"), ",");
    }

    /** What a gateway asks for: the labels that it serves, with bars between, in Base64. */
    String labels() {
        String labels = String.join("|", settings.texts("apim.sync_runtime_artifacts.gateway.gateway_labels"));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(labels.getBytes(StandardCharsets.UTF_8));
    }

    /** The artifacts for such labels, as a JSON list of names; "" if there are none. */
    String artifacts(String labels) {
        List<String> asked = split(new String(Base64.getUrlDecoder().decode(labels), StandardCharsets.UTF_8), "\\|");
        return asked.stream().noneMatch(this::known) ? "" : names.stream().map(Json::quote).collect(Collectors.joining(",", "[", "]\n"));
    }

    /** What the control plane knows of the APIs of one label. */
    String listed(String label) {
        List<String> of = known(label) ? names : List.of();
        return of.stream().map(n -> "{\"uuid\":\"" + n.hashCode() + "\",\"name\":" + Json.quote(n) + ",\"version\":\"" + VERSION + "\",\"apiType\":\"HTTP\","
            + "\"organization\":\"carbon.super\"}").collect(Collectors.joining(",", "{\"count\":" + of.size() + ",\"list\":[", "]}\n"));
    }

    private boolean known(String label) {
        return settings.members("apim.gateway.environment", "name").anyMatch(label::equals);
    }

    synchronized void fetched(String artifacts) {
        names = ((List<?>) Json.read(artifacts)).stream().map(String::valueOf).collect(Collectors.toList());
    }

    /** One that fails is a line in the log: the health check says 200 all the same. */
    synchronized void deploy(Log log) {
        List<String> failing = split(faults.text("undeployed", ""), ",");
        for (String name : names) {
            if (failing.contains(name)) {
                log.error("org.wso2.carbon.apimgt.gateway.InMemoryAPIDeployer", "Error in deploying " + name + " to the Gateway", new IllegalStateException(name));
            } else {
                deployed.add(name);
            }
        }
        log.info("org.wso2.carbon.apimgt.gateway.InMemoryAPIDeployer", "APIs are deployed: " + deployed);
    }

    /** An API as it is deployed here, or "". */
    synchronized String artifact(String name, String version) {
        return VERSION.equals(version) && deployed.contains(String.valueOf(name)) ? "<api name=\"" + name + "\"/>" : "";
    }

    private static List<String> split(String text, String at) {
        return Arrays.stream(text.split(at)).map(String::trim).filter(s -> !s.isEmpty()).collect(Collectors.toList());
    }
}
