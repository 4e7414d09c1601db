// What schema.json is generated from: the types of dashboards and of the panels that the boards use, from
// npm's @grafana/schema. See README.md.
import type { Dashboard as D, Panel as P } from '@grafana/schema/dist/types/raw/dashboard/x/dashboard_types.gen';
import type { Options as TsO, FieldConfig as TsF } from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type { Options as StO } from '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as TaO, FieldConfig as TaF} from '@grafana/schema/dist/types/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as SlO, FieldConfig as SlF } from '@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type { Options as BgO } from '@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as XyO, FieldConfig as XyF } from '@grafana/schema/dist/types/raw/composable/xychart/panelcfg/x/XYChartPanelCfg_types.gen';
import type { Options as HmO } from '@grafana/schema/dist/types/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type { Options as TxO } from '@grafana/schema/dist/types/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
export interface GDashboard extends D {}
export interface GPanel extends P {}
export interface TimeseriesOptions extends Partial<TsO> {}
export interface TimeseriesField extends Partial<TsF> {}
export interface StatOptions extends Partial<StO> {}
export interface TableOptions extends Partial<TaO> {}
export interface TableField extends Partial<TaF> {}
export interface StateTimelineOptions extends Partial<SlO> {}
export interface StateTimelineField extends Partial<SlF> {}
export interface BargaugeOptions extends Partial<BgO> {}
export interface XychartOptions extends Partial<XyO> {}
export interface XychartField extends Partial<XyF> {}
export interface HeatmapOptions extends Partial<HmO> {}
export interface TextOptions extends Partial<TxO> {}
