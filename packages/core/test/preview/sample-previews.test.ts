import { describe, expect, it } from 'vitest'
import { renderPreviewText } from '../../src/preview/render-text.ts'
import { hazardousPreview } from './hazardous-preview.ts'
import { blockedPreview, smallPreview } from './sample-previews.ts'

describe('the preview of', () => {
  it('a small plan', async () => {
    expect(renderPreviewText(await smallPreview(), { next: 'backstep run undo.ts' })).toMatchInlineSnapshot(`
      "CAN RUN: everything that it does can be put back

      plan undo checkout   sev1, decided by: confirm
        Customers can pay again.
        previewed 2026-11-23 03:00:05 UTC; nothing was changed to make it

        changes   1 change in 1 step
        risk      reversible
        time      about 16 min 30 s
        downtime  not known (1 step gives no estimate)

      DATA LOST
        • No data is lost.

      PEOPLE NEEDED
        • Approval "go" by one of each: tech-lead, product-owner
            counts for 15 min; in an emergency one person alone, with a reason

      STEPS                                                      RISK            TIME        GOING BACK
      ├─ require checks.context@prod
      │    holds: context prod
      ├─ gate go
      │    approval by one of each: tech-lead, product-owner
      ├─ k8s.undo-rollout@prod/shop/checkout                     reversible      ~1 min 30 s puts all back
      │    Return Deployment shop/checkout to revision 41
      │    update apps/Deployment/shop/checkout
      │      revision 42 (template 5f7c9d) → revision 41 (template 9ab0e1)
      │      - spec.template.spec.containers[checkout].image:
      │          shop/checkout@sha256:4242424242424242424242424242424242424242424242424242424242424242
      │      + spec.template.spec.containers[checkout].image:
      │          shop/checkout@sha256:4141414141414141414141414141414141414141414141414141414141414141
      │      - spec.template.spec.containers[checkout].env.NEW_TAX: on
      │      - spec.replicas: 5
      │      + spec.replicas: 3
      │    going back takes about 1 min 30 s
      ├─ observe checkout: healthy for 15 min, given up after 30 min
      └─ tell notify.slack (channel #incidents, template incident.resolved)

      AT EVERY END
      └─ tell report.incident (id PROD-2026-11-23-001)

      HOW LONG THIS HOLDS
        • Made 2026-11-23 03:00:05 UTC. It has no end of its own.
        • It holds while these facts do:
            apps/Deployment/shop/checkout: uid is 7f1e0c0a-3a53-4a42-9a55-0b7c0d2f8f11
            apps/Deployment/shop/checkout: pod-template-hash is 5f7c9d
        • Another plan, input, outcome or risk than shown here voids it, and so do more lost rows than
          accepted.
        • An approval counts for 15 min, then it has to be given again.
        • Preview b4ef184280b5ffe1f6783a4604e7cfac2046301210b23876af28527d4b73ff27

      NEXT
        backstep run undo.ts
      "
    `)
  })
  it('a hazardous plan', async () => {
    expect(renderPreviewText(await hazardousPreview(), { width: 110 })).toMatchInlineSnapshot(`
      "CAN RUN, but it loses data and crosses 1 point of no return

      plan shop release 2026.11.1   sev1, decided by: confirm
        Orders and checkout run as on Friday.
        previewed 2026-11-23 03:00:05 UTC; nothing was changed to make it

        changes   7 changes in 7 steps; 1 step is known only later
        risk      point-of-no-return
        time      at least 23 min 22 s (2 steps give no estimate)
        downtime  at least 6 min 2 s (5 steps give no estimate)

      DATA LOST
        • 812 rows, at most 900 accepted: gift notes
            written from 2026-11-22 04:30:00 UTC to 2026-11-23 03:00:00 UTC
            in postgres/orders/public.gift_note, by db-migrations.undo-migrations@orders
        • 31 rows, at most 100 accepted: messages that were not sent yet
            in amqp/shop/outbox, by queue.purge@shop/outbox
        • 1,204 rows, at most 1,500 accepted: discount codes entered since the release
            written since 2026-11-22 04:30:00 UTC, until the step runs
            kept in orders.backstep_2dec69dd
            in postgres/orders/public, by db-migrations.undo-migrations@orders
        • db-restore.copy-table@orders/coupons may lose data; how much is not known yet

      POINTS OF NO RETURN
        • After queue.purge@shop/outbox the plan cannot go back by itself
            Delete every message in shop/outbox

      PEOPLE NEEDED
        • Approval "data" by one of each: dba, product-owner
            counts for 4 h
        • Decision "coupons" by product-owner, within 10 min: keep or restore
            no answer in time calls a person
        • db-restore.copy-table@orders/coupons asks again when it is reached, with what it would then lose

      STEPS                                                                RISK            TIME        GOING BACK
      ├─ require checks.backup-fresh@s3/orders
      │    holds: age 41 min
      ├─ gate data
      │    approval by one of each: dba, product-owner
      ├─ during k8s.maintenance@prod/shop/gateway
      │  ├─ k8s.maintenance@prod/shop/gateway                              reversible      ~4 s        puts all back
      │  │    Answer every request to shop/gateway with the maintenance page
      │  │    update networking/Ingress/shop/gateway   backend web:80 → backend maintenance:80
      │  │    down for about 6 min
      │  │    going back takes about 4 s
      │  ├─ since db.state@orders.differs is true
      │  │  └─ db-migrations.undo-migrations@orders                        data-loss       ~12 s       loses data
      │  │       Take database orders from schema 43 back to schema 41
      │  │       update postgres/orders/public   schema 43 → schema 41 (fingerprint 0c44be12)
      │  │         + script:
      │  │         +   alter table orders drop column discount_code;
      │  │         +   alter table orders
      │  │         +     drop column gift_note;
      │  │         +   delete from flyway_schema_history where version in ('42', '43');
      │  │         sets aside 1,204 rows, at most 1,500 accepted: discount codes entered since the release; kept in
      │  │           orders.backstep_2dec69dd
      │  │       delete postgres/orders/public.gift_note   812 rows → gone
      │  │         loses 812 rows, at most 900 accepted: gift notes
      │  │       down for about 2 s
      │  │       going back loses orders written since the schema went back; takes about 29 s, down for about 28 s
      │  ├─ not taken: if db.state@orders.corrupt is true (1 step)
      │  ├─ gate coupons
      │  │    product-owner decides
      │  ├─ if gate coupons.answer is "keep"
      │  │  └─ nothing is done
      │  ├─ if gate coupons.answer is "restore"
      │  │  ├─ db-restore.restore-beside@orders                            reversible                  puts all back
      │  │  │    Restore s3/orders/0400.dump beside orders
      │  │  │    create postgres/orders_0400   48 tables
      │  │  └─ db-restore.copy-table@orders/coupons                        up to data-loss             known later
      │  │       known only later: it waits for db-restore.restore-beside@orders.result
      │  ├─ the first of these that works
      │  │  ├─ first
      │  │  │  └─ helm.rollback-release@prod/shop                          reversible      ~3 min      puts all back
      │  │  │       Return release shop to revision 7
      │  │  │       update helm/prod/shop   revision 8 → revision 7
      │  │  │       warning: the chart runs 2 hooks on rollback
      │  │  └─ only if that fails
      │  │     └─ helm.upgrade-release@prod/shop                           reversible      ~5 min      puts all back
      │  │          Upgrade release shop to the chart of commit c0ffee0
      │  │          update helm/prod/shop   revision 8 → revision 9 (chart c0ffee0)
      │  ├─ at the same time
      │  │  ├─ k8s.restore-config@prod/shop/settings                       reversible      ~1 s        puts all back
      │  │  │    Put back ConfigMap shop/settings
      │  │  │    update v1/Secret/shop/settings
      │  │  │        data.PAYMENT_KEY: changes, the value is not shown
      │  │  │      - data.MODE: beta
      │  │  │      + data.MODE: stable
      │  │  └─ k8s.restore-config@prod/shop/flags                          unchanged
      │  │       ConfigMap shop/flags is as it was
      │  └─ leave k8s.maintenance@prod/shop/gateway
      ├─ observe shop: healthy for 15 min, given up after 30 min
      ├─ queue.purge@shop/outbox                                           no return       ~1 s        impossible
      │    Delete every message in shop/outbox
      │    delete amqp/shop/outbox   31 messages → gone
      │      loses 31 rows, at most 100 accepted: messages that were not sent yet
      └─ observe outbox: healthy for 5 min, given up after 15 min

      KNOWN ONLY LATER
        • db-restore.copy-table@orders/coupons
            waits for db-restore.restore-beside@orders.result
            worst case: data-loss; it asks again when it is reached
        • if gate coupons.answer is "keep"
            changes nothing
        • if gate coupons.answer is "restore"
            db-restore.restore-beside@orders and db-restore.copy-table@orders/coupons

      BRANCHES NOT TAKEN
        • if db.state@orders.corrupt is true
            db-restore.swap@orders

      ONLY IF
        • alternative 2 of 2: helm.upgrade-release@prod/shop
            Upgrade release shop to the chart of commit c0ffee0
            starts only if the one before it was refused, or failed and was proven put back

      FINDINGS
        • warning: helm.rollback-release@prod/shop: the chart runs 2 hooks on rollback
            Read what they do: they are not undone.
            helm.hooks

      HOW LONG THIS HOLDS
        • Made 2026-11-23 03:00:05 UTC. It has no end of its own.
        • It holds while these facts do:
            postgres/orders: newest rank is 57
        • Another plan, input, outcome or risk than shown here voids it, and so do more lost rows than accepted.
        • An approval counts for 4 h, then it has to be given again.
        • Preview 3f43ec3f68891fec2116678bdb38f74bce436498b46de34d9b6497329bf9e61c
      "
    `)
  })
  it('a blocked plan', async () => {
    expect(renderPreviewText(await blockedPreview(), { width: 80, unicode: false })).toMatchInlineSnapshot(`
      "CANNOT RUN: 3 things block it
        * require checks.errors@shop: Prometheus did not answer
            Find out why there is no data: no data never counts as healthy.
        * k8s.undo-rollout@prod/shop/checkout: Revision 41 of shop/checkout has no
          ReplicaSet any more
            Choose one of the revisions 38, 39 or 42, or deploy the image of revision
              41 again.
        * k8s.undo-rollout@prod/shop/cart: Deployment shop/cart belongs to the Helm
          release shop
            Roll the release back with helm.rollbackRelease instead.

      plan undo both   sev2, decided by: confirm
        previewed 2026-11-23 03:00:05 UTC; nothing was changed to make it

        changes   1 change in 1 step
        risk      reversible
        time      not known (2 steps give no estimate)
        downtime  not known (1 step gives no estimate)

      DATA LOST
        * No data is lost.

      PEOPLE NEEDED
        * Nobody: the plan asks no one.

      STEPS                                  RISK            TIME        GOING BACK
      |- require checks.errors@shop
      |    does not hold (unknown): Prometheus did not answer
      |- k8s.undo-rollout@prod/shop/checkout REFUSED
      |    TARGET_NOT_FOUND: Revision 41 of shop/checkout has no ReplicaSet any more
      |    Choose one of the revisions 38, 39 or 42, or deploy the image of revision
      |      41 again.
      \`- k8s.undo-rollout@prod/shop/cart     reversible                  puts all back
           Return Deployment shop/cart to revision 12
           update apps/Deployment/shop/cart   revision 13 -> revision 12
           blocker: Deployment shop/cart belongs to the Helm release shop

      FINDINGS
        * blocker: k8s.undo-rollout@prod/shop/cart: Deployment shop/cart belongs to
          the Helm release shop
            Roll the release back with helm.rollbackRelease instead.
            k8s.owned-by-helm
        * warning: Nothing looks at the result after
          "k8s.undo-rollout@prod/shop/checkout" and "k8s.undo-rollout@prod/shop/cart"
            End with observe({ checks, for: '15m', deadline: '30m' }) over what people
              use.
            plan.change-without-check, docs/lint/plan.change-without-check.md
        * warning: "k8s.undo-rollout@prod/shop/checkout" goes back to "previous"
          (toRevision), which means something else after the next change
            Name the target itself, or let a query resolve it once, at preview.
            plan.relative-target, docs/lint/plan.relative-target.md

      HOW LONG THIS HOLDS
        * Made 2026-11-23 03:00:05 UTC. It has no end of its own.
        * No fact about the world is guarded.
        * Another plan, input, outcome or risk than shown here voids it, and so do
          more lost rows than accepted.
        * Preview dcbd5803d1d4d3204e6fb8404c9c16565e3d70b568674d2a9a8aca5fa2846478
      "
    `)
  })
})
