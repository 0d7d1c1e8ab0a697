import { java, javaProgram, mavenCommand } from '../maven-jars.ts'
import type { System } from '../system.ts'

/** The newest whose command line is complete in Maven Central. */
export const flyway: System = {
  name: 'flyway',
  version: '11.14.1',
  summary: 'Flyway, the open source edition, with its PostgreSQL driver',
  needs: [java, mavenCommand],
  cost: { installSeconds: 20, diskMegabytes: 8, startSeconds: 0, memoryMegabytes: 0 },
  installation: javaProgram({ pom: 'flyway', command: 'flyway', mainClass: 'org.flywaydb.commandline.Main' }),
}
