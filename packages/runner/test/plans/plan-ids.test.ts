import { allLeaves } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { allPlans } from './all-plans.ts'
import { sealPlan } from './sealed.ts'

describe('ids of the plans of the five runbooks', () => {
  it('can be read by people, and none is there twice', async () => {
    const lines: string[] = []
    for (const [name, build] of Object.entries(allPlans)) {
      const { plan } = await sealPlan(build())
      const ids = allLeaves(plan).map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      lines.push(name, ...ids.map((id) => `  ${id}`), ...Object.keys(plan.values).map((id) => `  asked: ${id}`))
    }
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "k8s-undo
        require checks.context@prod checks.permissions@prod checks.history-depth@user-service checks.image-exists@user-service
        release.preserve-evidence@user-service
        gate symptom
        gate go
        notify.slack
        notify.status-page
        k8s.undo-rollout@prod/shop/user-service
        observe service
        gate quality
        notify.status-page#2
        k8s.scale-down@prod/shop/app=shop
        report.hand-over
        gate data restored
        k8s.isolate@prod/shop/app=user-service
        gate rotate
        secrets.rotate@shop/session-key
        gate after isolation
        undo while isolated
        gate safe to open
        report.incident
        report.action-item
        asked: k8s.history@prod/shop/user-service
      ecommerce-jenkins, manifests
        gate what to do
        require checks.image-exists@ecommerce checks.permissions@prod checks.no-external-effects@orders
        k8s.maintenance@prod/ecommerce/gateway
        notify.slack
        k8s.apply-manifests@prod/ecommerce/k8s/
        observe inside
        k8s.maintenance@prod/ecommerce/gateway release
        observe outside
        notify.slack#2
        report.fix-forward
        report.incident
        report.action-item
        asked: release.resolve@ecommerce
      ecommerce-jenkins, jenkins
        gate what to do
        require checks.image-exists@ecommerce checks.permissions@prod checks.no-external-effects@orders
        k8s.maintenance@prod/ecommerce/gateway
        notify.slack
        ci.run-jenkins-job@rollback
        observe inside
        k8s.maintenance@prod/ecommerce/gateway release
        observe outside
        notify.slack#2
        report.fix-forward
        report.incident
        report.action-item
        asked: release.resolve@ecommerce
      ecommerce-aks
        require checks.context@prod-aks checks.image-exists@ecommerce checks.no-external-effects@payments
        release.preserve-evidence@ecommerce
        gate go
        gate terraform
        notify.slack
        k8s.maintenance@prod-aks/prod/gateway
        data/azure-restore.restore-postgres-server@shop-pg/shop-pg-restored
        data/require checks.sql@shop-pg-restored
        data/gate lost writes
        data/k8s.scale-down@prod-aks/prod/app=ecommerce
        data/k8s.patch-secret@prod-aks/prod/db-connection
        data/k8s.scale-down@prod-aks/prod/app=ecommerce release
        data/observe journeys
        azure-restore.undelete-blobs@uploads/invoices
        azure-restore.copy-blobs@uploads/invoices
        db-migrations.liquibase-rollback@ecommerce
        infra/terraform.apply-at-commit@prod/terraform
        config/k8s.restore-config@prod-aks/prod/app-config
        config/azure-restore.promote-secret-version@shop-kv/payment-key
        config/k8s.restart@prod-aks/prod/app=ecommerce
        app/helm.rollback-release@prod-aks/prod/ecommerce-app
        app/helm.upgrade-release@prod-aks/prod/ecommerce-app
        app/observe app
        k8s.maintenance@prod-aks/prod/gateway release
        observe all
        gate stakeholders
        notify.email
        report.incident
        asked: release.resolve@ecommerce
        asked: ecommerce.affected-parts@ecommerce
        asked: azure-restore.restore-point@shop-pg
        asked: azure-restore.soft-delete@uploads
        asked: helm.history@prod-aks/prod/ecommerce-app
      ecommerce-aks, whole outage
        gate go
        helm.rollback-release@prod-aks/prod/ecommerce-app
        helm.upgrade-release@prod-aks/prod/ecommerce-app
        gate reinstall
        helm.reinstall-release@prod-aks/prod/ecommerce-app
        observe all
        asked: helm.history@prod-aks/prod/ecommerce-app
        asked: release.resolve@ecommerce
      ecommerce-aks, one service
        require checks.history-depth@payments
        helm.rollback-release@prod-aks/prod/ecommerce-app
        observe payments
        asked: helm.history@prod-aks/prod/ecommerce-app
        asked: release.resolve@ecommerce
      ecommerce-aks, delete old server
        require checks.older-than@cut-over of shop-pg
        gate delete
        azure-restore.delete-postgres-server@shop-pg
        observe still well
      ecommerce-aks, automatic
        require checks.known-good@ecommerce-app
        app/helm.rollback-release@prod-aks/prod/ecommerce-app
        app/helm.upgrade-release@prod-aks/prod/ecommerce-app
        app/observe app
        asked: helm.history@prod-aks/prod/ecommerce-app
        asked: release.resolve@ecommerce
      alojamientos, full
        require checks.disk@prod-1 checks.image-exists@alojamientos checks.no-external-effects@messages
        ci.cancel-deploy@deploy
        release.preserve-evidence@alojamientos
        compose.pull@prod-1/alojamientos
        db-restore.dump-postgres@alojamientos
        gate go
        gate schema proofs
        gate schema
        compose.stop@prod-1/alojamientos/api+worker
        db-migrations.alembic-downgrade@alojamientos
        compose.restore-environment@prod-1/alojamientos
        compose.redeploy@prod-1/alojamientos/api+worker
        compose.stop@prod-1/alojamientos/api+worker release
        observe after
        notify.slack
        report.incident
        asked: release.resolve@alojamientos
        asked: compose.running@prod-1/alojamientos
        asked: db-restore.backup-age@backups/
        asked: db-migrations.alembic-state@alojamientos
      alojamientos, partial
        require checks.image-exists@alojamientos
        compose.redeploy@prod-1/alojamientos/api
        observe partial
        asked: release.resolve@alojamientos
      alojamientos, configuration
        compose.restore-environment@prod-1/alojamientos
        compose.recreate@prod-1/alojamientos/api
        observe config
      alojamientos, data
        db-restore.restore-postgres-beside@alojamientos
        require checks.sql@restored
        gate swap
        compose.stop@prod-1/alojamientos/api+worker
        db-restore.swap-postgres@alojamientos
        db-restore.restore-redis@redis
        compose.stop@prod-1/alojamientos/api+worker release
        observe data
      porttrack, automatic undo
        undo/release.preserve-evidence@porttrack
        undo/k8s.undo-rollout@prod/porttrack/porttrack-app
        undo/observe undo
        undo/notify.slack
        undo/notify.pager-duty
        report.incident
        asked: k8s.history@prod/porttrack/porttrack-app
      porttrack, manual undo
        gate go
        undo/release.preserve-evidence@porttrack
        undo/k8s.undo-rollout@prod/porttrack/porttrack-app
        undo/observe undo
        undo/notify.slack
        undo/notify.pager-duty
        report.incident
        asked: k8s.history@prod/porttrack/porttrack-app
      porttrack, blue-green
        require checks.pods-ready@porttrack checks.known-good@porttrack
        k8s.switch-traffic@prod/porttrack/porttrack
        observe switched
        asked: k8s.live-colour@prod/porttrack/porttrack
      porttrack, database
        gate diagnosis
        notify.pager-duty
        postgres/db-restore.restore-postgres-beside@porttrack
        postgres/require checks.sql@restored
        postgres/gate swap
        postgres/k8s.scale-down@prod/porttrack/app=porttrack
        postgres/db-restore.swap-postgres@porttrack
        postgres/k8s.scale-down@prod/porttrack/app=porttrack release
        postgres/observe database
        mongo/gate restore
        mongo/k8s.scale-down@prod/porttrack/app=porttrack
        mongo/db-restore.restore-mongo@porttrack
        mongo/k8s.scale-down@prod/porttrack/app=porttrack release
        mongo/observe database
        asked: db-restore.pick-backup@s3/porttrack
      porttrack, cluster
        k8s.restart-kubelet@node-1
        observe node-1 answers
        k8s.restart-kubelet@node-2
        observe node-2 answers
        k8s.ensure-deployed@prod/porttrack/porttrack-app
        k8s.ensure-deployed@prod/porttrack/porttrack-worker
        observe cluster
        asked: k8s.workloads@prod/porttrack/app.kubernetes.io/part-of=porttrack
      porttrack, monitoring
        k8s.restart-unhealthy@prod/monitoring/app=prometheus
        observe scraped again
      porttrack, node
        k8s.cordon@prod/node-3
        k8s.drain-node@prod/node-3
        k8s.cordon@prod/node-3 release
        observe node"
    `)
  })
})
