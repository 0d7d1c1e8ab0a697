import { defaults } from './defaults.ts'
import { defineCriteria, type Criteria } from './criteria.ts'

/** What should be true before a release goes out, so that it can be taken back. */
export type PredeployCriterion =
  | 'tests-pass'
  | 'hooks-pass'
  | 'coverage'
  | 'smoke-in-staging'
  | 'security-audit'
  | 'backup-fresh'
  | 'release-tagged'
  | 'environment-saved'
  | 'plan-reviewed'

const yes = { target: 'is', value: true } as const

/** Before a release. The coverage is the floor of one team's practice: override it with your own. */
export const predeployCriteria: Criteria<PredeployCriterion> = defineCriteria({
  name: 'predeploy',
  title: 'Before the release',
  groups: [
    {
      name: 'code',
      title: 'Code',
      criteria: [
        { id: 'tests-pass', title: 'Tests pass', target: yes },
        { id: 'hooks-pass', title: 'Pre-commit checks pass', target: yes },
        { id: 'coverage', title: 'Test coverage', target: { target: 'at-least', value: 0.8, unit: 'share' } },
      ],
    },
    {
      name: 'environment',
      title: 'Environment',
      criteria: [
        { id: 'smoke-in-staging', title: 'Smoke tests pass in staging', target: yes },
        { id: 'security-audit', title: 'The security audit is clean', target: yes },
        {
          id: 'backup-fresh',
          title: `A database backup that is younger than ${defaults.backups.maxAge} and was shown to restore`,
          target: yes,
        },
      ],
    },
    {
      name: 'way-back',
      title: 'The way back',
      criteria: [
        { id: 'release-tagged', title: 'The release is tagged and its image digests are recorded', target: yes },
        { id: 'environment-saved', title: 'The environment variables are saved', target: yes },
        { id: 'plan-reviewed', title: 'The rollback plan was reviewed and drilled', target: yes },
      ],
    },
  ],
})

/** The fifteen points of the card beside the keyboard. */
export type QuickCardPoint =
  | 'declared'
  | 'severity-set'
  | 'lead-named'
  | 'target-known'
  | 'rolled-back'
  | 'watched'
  | 'instances-ready'
  | 'health-answers'
  | 'errors-low'
  | 'tests-pass'
  | 'stable'
  | 'people-told'
  | 'report-written'
  | 'postmortem-set'
  | 'actions-owned'

/** A whole incident on one card. */
export const quickCard: Criteria<QuickCardPoint> = defineCriteria({
  name: 'quick-card',
  title: 'Rollback on one card',
  groups: [
    {
      name: 'decide',
      title: 'Decide',
      criteria: [
        { id: 'declared', title: 'The incident is declared', target: yes },
        { id: 'severity-set', title: 'The severity is set', target: yes },
        { id: 'lead-named', title: 'One person on call leads', target: yes },
        { id: 'target-known', title: 'The stable version is known, by digest or revision', target: yes },
      ],
    },
    {
      name: 'act',
      title: 'Act',
      criteria: [
        { id: 'rolled-back', title: 'The rollback has run', target: yes },
        { id: 'watched', title: 'Somebody watched the first minutes', target: yes, for: '3m' },
      ],
    },
    {
      name: 'verify',
      title: 'Verify',
      criteria: [
        { id: 'instances-ready', title: 'Every instance is ready', target: yes },
        { id: 'health-answers', title: 'Health checks answer', target: yes },
        {
          id: 'errors-low',
          title: 'Share of failing requests',
          target: { target: 'below', value: defaults.errorRate.successBelow, unit: 'share' },
        },
        { id: 'tests-pass', title: 'Critical tests pass', target: yes },
        { id: 'stable', title: 'Stable', target: yes, for: defaults.observe.for },
      ],
    },
    {
      name: 'close',
      title: 'Close',
      criteria: [
        { id: 'people-told', title: 'People were told', target: yes },
        { id: 'report-written', title: 'The report is written', target: yes },
        { id: 'postmortem-set', title: `The post-mortem is set within ${defaults.postmortemWithin}`, target: yes },
        { id: 'actions-owned', title: 'Every action has an owner and a date', target: yes },
      ],
    },
  ],
})
