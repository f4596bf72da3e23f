package io.github.sqlsec.streampark;

import io.github.sqlsec.SqlSecException;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.util.ClassUtils;

/**
 * Where Spring Boot enters: {@code META-INF/spring.factories} names it, so that the jar in StreamPark's {@code lib/} is enough. No setting of the console leaves it
 * out, unlike an auto-configuration. In a console without a usable configuration everything is refused; in what is no console it stops.
 */
public final class Installer implements ApplicationContextInitializer<ConfigurableApplicationContext> {
  /** For Spring Boot. */
  public Installer() {}

  @Override
  public void initialize(ConfigurableApplicationContext context) {
    if (!ClassUtils.isPresent(Door.CONSOLE + "StreamParkConsoleBootstrap", context.getClassLoader())) {
      throw new IllegalStateException("sqlsec: this is not StreamPark's console; the jar belongs into its `lib/` alone");
    }
    ConfigurableListableBeanFactory beans = context.getBeanFactory();
    Console console = new Console(beans);
    Options options = null;
    Engines engines;
    try {
      options = Options.of(context.getEnvironment());
      engines = Engines.of(options.config, options.reloadSeconds);
    } catch (IllegalArgumentException e) {
      options = Options.none();
      engines = Engines.none(e.getMessage());
    }
    Checks checks = new Checks(engines, options);
    JobRules rules = new JobRules(options);
    Submissions submissions = new Submissions(engines::commit, engines::abort);
    StartGuard starts = new StartGuard(console, options, rules, checks, new LastStarts(options.starts), submissions);
    DoorAdvisor advisor = new DoorAdvisor(new Doorkeeper(console, starts, new BuildGuard(console, rules), new VerifyGuard(console, checks)));
    beans.registerSingleton("sqlsecDoors", advisor);
    RootBeanDefinition check = new RootBeanDefinition(SelfCheck.class, () -> new SelfCheck(beans, console, advisor));
    check.setLazyInit(false);
    ((BeanDefinitionRegistry) beans).registerBeanDefinition("sqlsecSelfCheck", check);
    Engines opened = engines;
    context.addApplicationListener((ApplicationListener<ContextClosedEvent>) event -> close(opened));
  }

  private static void close(Engines engines) {
    try {
      engines.close();
    } catch (SqlSecException e) {
      // The console ends all the same.
    }
  }
}
