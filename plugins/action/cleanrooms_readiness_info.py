# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible runs for M(acx.cleanrooms.cleanrooms_readiness_info)."""

from __future__ import annotations

from ansible_collections.acx.cleanrooms.plugins.plugin_utils._recorded_collaborations import VerifyingAction


class ActionModule(VerifyingAction):
    """The action of the module of this name."""
