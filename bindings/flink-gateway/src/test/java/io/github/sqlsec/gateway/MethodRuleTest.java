package io.github.sqlsec.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import org.apache.flink.table.gateway.api.SqlGatewayService;
import org.apache.flink.table.gateway.api.session.SessionHandle;
import org.junit.jupiter.api.Test;

class MethodRuleTest {
  @Test
  void everyMethodOfTheInterfaceIsListed() {
    for (Method method : SqlGatewayService.class.getMethods()) {
      if (!Modifier.isStatic(method.getModifiers())) {
        assertTrue(MethodRule.isListed(method.getName()), "nobody has decided about `" + method.getName() + "`");
      }
    }
  }

  @Test
  void aMethodThatIsNotListedIsRefused() {
    assertEquals(MethodRule.DENIED, MethodRule.of("somethingNewInFlink3"));
  }

  @Test
  void whatNeedsASessionHasItsHandleFirst() {
    List<MethodRule> without = List.of(MethodRule.INFO, MethodRule.OPEN, MethodRule.DENIED);
    for (Method method : SqlGatewayService.class.getMethods()) {
      if (!without.contains(MethodRule.of(method.getName()))) {
        assertEquals(SessionHandle.class, method.getParameterTypes()[0], method.getName());
      }
    }
  }
}
