{# Numbers between two others, both included; null where nothing is known. #}
{% test within(model, column_name, least=none, most=none) %}
select {{ column_name }}
from {{ model }}
where {% if least is not none %}{{ column_name }} < {{ least }}{% else %}false{% endif %}
  or {% if most is not none %}{{ column_name }} > {{ most }}{% else %}false{% endif %}
{% endtest %}
