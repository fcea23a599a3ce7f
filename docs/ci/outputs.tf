# What acx.cleanrooms needs to know from Terraform, under the names of its variables:
#
#   terraform output -json cleanrooms > terraform.json
#   ansible-playbook -i inventory acx.cleanrooms.sync -e @terraform.json
#
# In your configuration, replace the two variables by what makes the things, for example aws_iam_role.cleanrooms.arn.

variable "cleanrooms_role_arn" {
  description = "The role with which AWS Clean Rooms reads the tables."
  type        = string
  default     = "arn:aws:iam::111122223333:role/cleanrooms-glue-s3-access"
}

variable "id_namespace_arn" {
  description = "The ID namespace of AWS Entity Resolution."
  type        = string
  default     = "arn:aws:entityresolution:us-east-1:111122223333:idnamespace/ACXIdNamespace"
}

output "cleanrooms" {
  description = "Variables of acx.cleanrooms."
  value = {
    cleanrooms_role             = var.cleanrooms_role_arn
    cleanrooms_id_namespace_arn = var.id_namespace_arn
  }
}
