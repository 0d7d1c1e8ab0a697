import { java, javaProgram, mavenCommand } from '../maven-jars.ts'
import type { System } from '../system.ts'

export const liquibase5: System = {
  name: 'liquibase5',
  version: '5.0.4',
  summary: 'Liquibase with its PostgreSQL driver: the current line (Functional Source License)',
  needs: [java, mavenCommand],
  cost: { installSeconds: 15, diskMegabytes: 8, startSeconds: 0, memoryMegabytes: 0 },
  installation: javaProgram({
    pom: 'liquibase5',
    command: 'liquibase',
    mainClass: 'liquibase.integration.commandline.LiquibaseCommandLine',
  }),
}
