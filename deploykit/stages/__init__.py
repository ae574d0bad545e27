"""One module per stage of the pipeline; `pipeline.py` shows their order."""

from deploykit.stages.check import check as check
from deploykit.stages.execute import capture as capture
from deploykit.stages.execute import cover as cover
from deploykit.stages.execute import examine as examine
from deploykit.stages.execute import honest as honest
from deploykit.stages.execute import run as run
from deploykit.stages.generate import generate as generate
from deploykit.stages.kit import mac_kit as mac_kit
from deploykit.stages.plan import plan as plan
from deploykit.stages.roads import lower as lower
from deploykit.stages.summarize import report as report
from deploykit.stages.workspace import remember as remember
from deploykit.stages.workspace import workspace as workspace
